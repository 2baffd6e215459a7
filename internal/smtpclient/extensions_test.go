package smtpclient_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/internal/smtpclient"
	"github.com/interchange-smtp/interchange/relay/envelope"
)

// TestOffers has ways in which EHLO lists extensions.
func TestOffers(t *testing.T) {
	for lines, want := range map[string]string{ // what is said in MAIL, or AUTH
		"250 SIZE=1000 ":                         "SIZE=1",
		"250-\tsize\r\n250 8bitmime  ":           "SIZE=1 BODY=8BITMIME",
		"250 Size 1000\t2000":                    "SIZE=1",
		"250 SIZEABLE\r\n":                       "",
		"250 X SIZE":                             "",
		"250-AUTH LOGIN\r\n250 AUTH CRAM-MD5":    "AUTH LOGIN",
		"250-AUTH=PLAIN\r\n250 AUTH GSSAPI NTLM": "AUTH PLAIN",
		"250 auth=login plain":                   "AUTH LOGIN",
		"250 AUTH=":                              "",
		"250-AUTH " + strings.Repeat("X-LONG-NAME ", 100) + "\r\n250 auth Login ": "AUTH LOGIN",
	} {
		cfg := smtpclient.Config{Name: "hub"}
		if strings.HasPrefix(want, "AUTH") {
			cfg.Auth = &auth.Credentials{Username: "hub", Password: "s3cret"}
		}
		nc, heard := hop(t, "220 hop\r\n", ">EHLO", "250-hop\r\n"+strings.TrimSuffix(lines, "\r\n")+"\r\n", ">", "550 no\r\n")
		c, err := smtpclient.Open(context.Background(), nc, cfg)
		if err == nil {
			m := from("a@contoso.com")
			m.Size, m.Body = 1, envelope.EightBitMIME
			_, _ = c.Begin(context.Background(), m, recipient(), false)
		}
		said := strings.TrimPrefix(strings.TrimPrefix(heard.String(), "EHLO hub\r\n"), "MAIL FROM:<a@contoso.com>")
		if got := strings.TrimSpace(said); want != "" && !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%.60q: %q is said, want %q", lines, got, want)
		}
	}
}

// TestOffersAreBounded: a next hop can't make us keep what it lists.
func TestOffersAreBounded(t *testing.T) {
	var ehlo strings.Builder
	ehlo.WriteString("250-hop\r\n")
	for i := range 300 {
		fmt.Fprintf(&ehlo, "250-X%d %s\r\n250-AUTH X%d\r\n250-SIZE %s\r\n", i, strings.Repeat("y", 2000), i, strings.Repeat("9", 1000))
	}
	ehlo.WriteString("250 PIPELINING\r\n")
	const n = 50
	var conns []*smtpclient.Conn
	before := heap()
	for range n {
		nc, _ := hop(t, "220 hop\r\n", ">EHLO", ehlo.String())
		c, err := smtpclient.Open(context.Background(), nc, smtpclient.Config{Name: "hub"})
		if err != nil {
			t.Fatal(err)
		}
		if !c.Has("PIPELINING") || !c.Has("SIZE") || !c.Has("AUTH") || c.Has("X1") {
			t.Fatal("the offers were not understood")
		}
		conns = append(conns, c)
	}
	if each := (heap() - before) / n; each > 100<<10 { // with both buffers, and those of the network
		t.Errorf("%d bytes are kept for each connection", each)
	}
	runtime.KeepAlive(conns)
}

// heap returns how much memory is in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
