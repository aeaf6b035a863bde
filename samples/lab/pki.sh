# Certificates of one run: a root and an issuing CA inside, a public CA outside, one certificate per role.

pki_ca() { # directory, common name, parent directory or -
    local dir=$work/pki/$1 cn=$2 parent=$3
    mkdir -p "$dir/new"
    : >"$dir/index"
    echo "unique_subject = no" >"$dir/index.attr"
    cat >"$dir/ca.conf" <<CONF
[ca]
default_ca = this
[this]
database = $dir/index
new_certs_dir = $dir/new
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
policy = any
rand_serial = yes
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = name
[name]
[ca_ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
CONF
    if [ "$parent" = - ]; then
        openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -config "$dir/ca.conf" -extensions ca_ext \
            -subj "/O=Contoso Lab/CN=$cn" -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>>"$work/pki/log"
        cp "$dir/ca.pem" "$dir/chain.pem"
    else
        openssl req -newkey rsa:2048 -nodes -sha256 -config "$dir/ca.conf" -subj "/O=Contoso Lab/CN=$cn" \
            -keyout "$dir/ca.key" -out "$dir/ca.csr" 2>>"$work/pki/log"
        openssl ca -batch -notext -config "$work/pki/$parent/ca.conf" -extfile "$dir/ca.conf" -extensions ca_ext \
            -days 3000 -in "$dir/ca.csr" -out "$dir/ca.pem" 2>>"$work/pki/log"
        cat "$dir/ca.pem" >"$dir/chain.pem"
    fi
}

pki_issue() { # name, CA directory, names separated by commas (first = common name), [start end]
    local out=$work/pki/$1 ca=$work/pki/$2 names=$3 dates=(-days 730)
    [ $# -lt 5 ] || dates=(-startdate "$4" -enddate "$5")
    cat >"$out.ext" <<CONF
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = DNS:${names//,/,DNS:}
CONF
    openssl req -newkey rsa:2048 -nodes -sha256 -config "$ca/ca.conf" -subj "/O=Contoso/CN=${names%%,*}" \
        -keyout "$out.key" -out "$out.csr" 2>>"$work/pki/log"
    openssl ca -batch -notext -config "$ca/ca.conf" -extfile "$out.ext" "${dates[@]}" \
        -in "$out.csr" -out "$out.crt" 2>>"$work/pki/log"
    cat "$out.crt" "$ca/chain.pem" >"$out.pem"
}

pki_make() {
    local outside=meet.contoso.example,meet.fabrikam.example,dialin.contoso.example
    outside+=,lyncdiscover.contoso.example,lyncdiscover.fabrikam.example
    mkdir -p "$work/pki"
    pki_ca root "Contoso Lab Root CA" -
    pki_ca issuing "Contoso Lab Issuing CA" root
    pki_ca public "Example Public CA" -
    pki_issue proxy-public public \
        "webext.contoso.example,webdirext.contoso.example,$outside,officewebapps01.contoso.example"
    pki_issue proxy-int issuing rp01.contoso.example
    pki_issue director issuing "dir01.contoso.example,webdirext.contoso.example,$outside"
    pki_issue front-end issuing "fe01.contoso.example,webext.contoso.example,$outside"
    pki_issue front-end-expired issuing meet.fabrikam.example 20200101000000Z 20201231235959Z
    pki_issue edge issuing edge01.contoso.example
    pki_issue office-web-apps issuing officewebapps01.contoso.example
    cat "$work/pki/root/ca.pem" "$work/pki/issuing/ca.pem" >"$work/pki/internal-ca.pem"
}
