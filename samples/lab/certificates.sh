# A certificate authority for this run, and one certificate for each role.
# shellcheck shell=bash

make_certificates() {
  local tls=$work/tls
  mkdir -p "$tls"
  cat >"$tls/ca.cnf" <<CNF
[ca]
default_ca = lab
[lab]
dir = $tls
database = $tls/index.txt
new_certs_dir = $tls
serial = $tls/serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
CNF
  : >"$tls/index.txt"
  echo 01 >"$tls/serial"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Laboratory CA" \
    -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
  certificate proxy "DNS:webext.contoso.example,DNS:webdirext.contoso.example,DNS:meet.contoso.example,DNS:dialin.contoso.example,DNS:lyncdiscover.contoso.example,DNS:officewebapps01.contoso.example"
  certificate director "DNS:dir.contoso.example,DNS:meet.contoso.example,DNS:webdirext.contoso.example"
  certificate frontend "DNS:pool.contoso.example,DNS:fe1.contoso.example,DNS:webext.contoso.example"
  certificate edge "DNS:edge.contoso.example"
  certificate owa "DNS:officewebapps01.contoso.example"
  certificate expired "DNS:old.contoso.example" 20190101000000Z 20201231235959Z
}

# certificate NAME SAN [START END]
certificate() {
  local tls=$work/tls
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1.contoso.example" -keyout "$tls/$1.key" \
    -addext "subjectAltName=$2" -addext "extendedKeyUsage=serverAuth,clientAuth" \
    -out "$tls/$1.csr" 2>/dev/null
  local dates=(-days 1825)
  [ $# -gt 2 ] && dates=(-startdate "$3" -enddate "$4")
  openssl ca -batch -notext -config "$tls/ca.cnf" -cert "$tls/ca.pem" -keyfile "$tls/ca.key" \
    "${dates[@]}" -in "$tls/$1.csr" -out "$tls/$1.pem" 2>/dev/null
}
