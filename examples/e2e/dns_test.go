//go:build linux

package e2e

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone has the records of the organisation's name server: addresses, and the mail
// exchanger of a domain.
type zone struct {
	hosts map[string]string
	mx    map[string]string
}

// serveDNS answers on a host at an address until the test ends.
func serveDNS(t *testing.T, h *host, addr string, z zone) {
	t.Helper()
	var conn net.PacketConn
	h.on(t, func() (err error) {
		conn, err = net.ListenPacket("udp4", addr)
		return err
	})
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer, err := z.answer(buf[:n]); err == nil {
				conn.WriteTo(answer, from)
			}
		}
	}()
}

// answer answers one query.
func (z zone) answer(query []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil, err
	}
	q := m.Questions[0]
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	addr, isHost := z.hosts[name]
	exchanger, isDomain := z.mx[name]
	m.Header = dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true, RecursionAvailable: true}
	m.Additionals = nil
	header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	switch {
	case !isHost && !isDomain:
		m.RCode = dnsmessage.RCodeNameError
	case isHost && q.Type == dnsmessage.TypeA:
		body := &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()}
		m.Answers = []dnsmessage.Resource{{Header: header, Body: body}}
	case isDomain && q.Type == dnsmessage.TypeMX:
		body := &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName(exchanger + ".")}
		m.Answers = []dnsmessage.Resource{{Header: header, Body: body}}
	}
	return m.Pack()
}
