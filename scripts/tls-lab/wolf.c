/* A TLS 1.3 client of wolfSSL for the laboratory: wolf ADDRESS PORT CERTIFICATES|- KEY|- */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &to.sin_addr);
  const int handle = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(handle, (struct sockaddr*)&to, sizeof to) != 0) return 1;
  wolfSSL_Init();
  WOLFSSL_CTX* context = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_NONE, NULL);
  if (strcmp(argv[3], "-") != 0) {
    if (wolfSSL_CTX_use_certificate_chain_file(context, argv[3]) != WOLFSSL_SUCCESS) return 3;
    if (wolfSSL_CTX_use_PrivateKey_file(context, argv[4], WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS) return 4;
  }
  WOLFSSL* tls = wolfSSL_new(context);
  wolfSSL_set_fd(tls, handle);
  wolfSSL_UseSNI(tls, WOLFSSL_SNI_HOST_NAME, "server.example", 14);
  if (wolfSSL_connect(tls) != WOLFSSL_SUCCESS) {
    char text[80];
    fprintf(stderr, "%s\n", wolfSSL_ERR_error_string((unsigned long)wolfSSL_get_error(tls, 0), text));
    return 5;
  }
  char answer[100];
  wolfSSL_write(tls, "ping\n", 5);
  wolfSSL_read(tls, answer, sizeof answer);
  wolfSSL_shutdown(tls);
  wolfSSL_free(tls);
  wolfSSL_CTX_free(context);
  close(handle);
  return 0;
}
