// A TLS 1.3 client and server of Go's crypto/tls for the laboratory.
//
//	lab client ADDRESS:PORT CERTIFICATES|- KEY|-      one handshake, "ping", one answer
//	lab server PORT CERTIFICATES KEY none|request|require KEYLOG
package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func client(address, certificates, key string) {
	config := &tls.Config{InsecureSkipVerify: true, ServerName: "server.example", MinVersion: tls.VersionTLS13}
	if certificates != "-" {
		pair, err := tls.LoadX509KeyPair(certificates, key)
		check(err)
		// Whatever authorities the server names.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	connection, err := tls.Dial("tcp", address, config)
	check(err)
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(3 * time.Second))
	_, err = connection.Write([]byte("ping\n"))
	check(err)
	connection.Read(make([]byte, 100))
}

func serve(connection net.Conn) {
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(3 * time.Second))
	buffer := make([]byte, 100)
	size, err := connection.Read(buffer)
	if err == nil {
		connection.Write(buffer[:size])
		connection.Read(buffer)
	}
}

func server(port, certificates, key, request, keylog string) {
	pair, err := tls.LoadX509KeyPair(certificates, key)
	check(err)
	secrets, err := os.OpenFile(keylog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0600)
	check(err)
	asks := map[string]tls.ClientAuthType{
		"none": tls.NoClientCert, "request": tls.RequestClientCert, "require": tls.RequireAnyClientCert}
	listener, err := tls.Listen("tcp", ":"+port, &tls.Config{Certificates: []tls.Certificate{pair},
		MinVersion: tls.VersionTLS13, ClientAuth: asks[request], KeyLogWriter: secrets})
	check(err)
	for {
		connection, err := listener.Accept()
		check(err)
		go serve(connection)
	}
}

func main() {
	if os.Args[1] == "client" {
		client(os.Args[2], os.Args[3], os.Args[4])
	} else {
		server(os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6])
	}
}
