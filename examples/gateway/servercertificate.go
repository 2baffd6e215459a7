package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/relay"
)

// serverCertificate says which certificates of -cert a session's client may be shown, for machines.
type serverCertificate struct {
	Why   string            `json:"why"` // also why no certificate can be shown
	Files []certificateFile `json:"files,omitempty"`
}

// certificateFile is a PEM file with the names of its certificate.
type certificateFile struct {
	File  string   `json:"file"`
	Names []string `json:"names"`
}

func (f certificateFile) String() string {
	return fmt.Sprintf("%s (%s)", f.File, strings.Join(f.Names, ", "))
}

// serverCertificateOf returns from which certificates the server of a session shows one; nil if TLS doesn't begin,
// or -cert isn't given.
func serverCertificateOf(a explain.Answer, m material) *serverCertificate {
	if len(m.chain) == 0 || !beginsTLS(a) {
		return nil
	}
	in := a.Walk.Session.Inbound()
	shown, err := relay.CertificatesFor(in, m.chain)
	if err != nil {
		return &serverCertificate{Why: err.Error()}
	}
	s := &serverCertificate{Why: "chosen by TlsCertificateName"}
	for _, c := range shown {
		i := slices.IndexFunc(m.chain, func(all tls.Certificate) bool { return all.Leaf == c.Leaf })
		one := certificateFile{m.pairs[i].cert, c.Leaf.DNSNames}
		if len(one.Names) == 0 {
			one.Names = []string{c.Leaf.Subject.String()}
		}
		s.Files = append(s.Files, one)
	}
	switch {
	case in.Settings().TlsCertificateName != "":
	case shown[0].Leaf.VerifyHostname(in.Fqdn()) == nil:
		s.Why = "chosen by the Fqdn " + in.Fqdn()
	default:
		s.Why = "chosen of all, because none has the Fqdn " + in.Fqdn()
	}
	return s
}

// beginsTLS reports whether the session begins TLS.
func beginsTLS(a explain.Answer) bool {
	for _, stage := range a.Walk.Stages {
		begins := stage.Name == connector.StageStartTLS || stage.Name == connector.StageConnect && a.Dialog.BeginsWithTLS()
		if begins && stage.Decision.Allowed() {
			return true
		}
	}
	return false
}

// print prints the certificates; nothing if s is nil.
func (s *serverCertificate) print(w io.Writer) {
	if s == nil {
		return
	}
	switch len(s.Files) {
	case 0:
		fmt.Fprintf(w, "no certificate of the server: %s\n", s.Why)
	case 1:
		fmt.Fprintf(w, "certificate of the server: %v, %s\n", s.Files[0], s.Why)
	default:
		fmt.Fprintf(w, "certificates of the server, %s; it shows the first that has the name that the client asks for (SNI) and that the client can use, or the first:\n", s.Why)
		for _, f := range s.Files {
			fmt.Fprintf(w, "  %v\n", f)
		}
	}
}
