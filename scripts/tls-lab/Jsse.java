// TLS 1.3 clients and a server of Java's JSSE for the laboratory.
//
//   Jsse client            lines "ADDRESS PORT PKCS12|-" on standard input: a handshake, "ping", an answer
//   Jsse server PORT PKCS12 none|request|require
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.net.Socket;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.SSLEngine;

public class Jsse {
  static final char[] PASSWORD = "laboratory".toCharArray();

  // Trusts everybody.
  static class Trust extends X509ExtendedTrustManager {
    public void checkClientTrusted(X509Certificate[] chain, String type) {}
    public void checkServerTrusted(X509Certificate[] chain, String type) {}
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
    public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
  }

  // Shows its one certificate to whoever asks.
  static class Keys extends X509ExtendedKeyManager {
    final String alias;
    final X509Certificate[] chain;
    final PrivateKey key;

    Keys(String file) throws Exception {
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (FileInputStream in = new FileInputStream(file)) { store.load(in, PASSWORD); }
      alias = store.aliases().nextElement();
      java.security.cert.Certificate[] shown = store.getCertificateChain(alias);
      chain = java.util.Arrays.copyOf(shown, shown.length, X509Certificate[].class);
      key = (PrivateKey) store.getKey(alias, PASSWORD);
    }

    boolean fits(String type) { return type.startsWith(key.getAlgorithm()); }
    public String[] getClientAliases(String type, Principal[] issuers) { return new String[] {alias}; }
    public String[] getServerAliases(String type, Principal[] issuers) { return new String[] {alias}; }
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      for (String type : types) if (fits(type)) return alias;
      return null;
    }
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) { return fits(type) ? alias : null; }
    public X509Certificate[] getCertificateChain(String name) { return chain; }
    public PrivateKey getPrivateKey(String name) { return key; }
  }

  static SSLContext context(String file) throws Exception {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    KeyManager[] keys = file.equals("-") ? new KeyManager[0] : new KeyManager[] {new Keys(file)};
    context.init(keys, new TrustManager[] {new Trust()}, null);
    return context;
  }

  static void talk(String address, int port, String file) {
    try (SSLSocket socket = (SSLSocket) context(file).getSocketFactory().createSocket(address, port)) {
      socket.setEnabledProtocols(new String[] {"TLSv1.3"});
      socket.setSoTimeout(3000);
      socket.startHandshake();
      socket.getOutputStream().write("ping\n".getBytes());
      socket.getInputStream().read(new byte[100]);
    } catch (Exception failure) {
      System.err.println(address + ": " + failure);
    }
  }

  static void serve(SSLSocket socket) {
    try (socket) {
      socket.setSoTimeout(3000);
      byte[] buffer = new byte[100];
      int size = socket.getInputStream().read(buffer);
      if (size > 0) socket.getOutputStream().write(buffer, 0, size);
      socket.getInputStream().read(buffer);
    } catch (Exception failure) {
      System.err.println("server: " + failure);
    }
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("client")) {
      BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        talk(words[0], Integer.parseInt(words[1]), words[2]);
      }
      return;
    }
    SSLServerSocket server = (SSLServerSocket) context(arguments[2]).getServerSocketFactory()
        .createServerSocket(Integer.parseInt(arguments[1]));
    server.setEnabledProtocols(new String[] {"TLSv1.3"});
    server.setWantClientAuth(arguments[3].equals("request"));
    if (arguments[3].equals("require")) server.setNeedClientAuth(true);
    while (true) {
      SSLSocket socket = (SSLSocket) server.accept();
      new Thread(() -> serve(socket)).start();
    }
  }
}
