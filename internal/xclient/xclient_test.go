package xclient

import (
	"net/netip"
	"strings"
	"testing"
)

// TestParse takes what Postfix's documentation describes, and nothing else.
func TestParse(t *testing.T) {
	all := Attributes{netip.MustParseAddr("192.0.2.7"), 4711, netip.MustParseAddr("2001:db8::1"), 587}
	for _, tt := range []struct {
		arg  string
		want Attributes
		err  string // in the error
	}{
		{"ADDR=192.0.2.7 PORT=4711 DESTADDR=IPV6:2001:db8::1 DESTPORT=587 NAME=a.example REVERSE_NAME=[UNAVAILABLE] HELO=h+2B+3D PROTO=ESMTP", all, ""},
		{"addr=192.0.2.7\tport=[unavailable] NAME=[TEMPUNAVAIL] proto=smtp", Attributes{Addr: all.Addr}, ""},
		{"ADDR=192.0.2+2E7", Attributes{Addr: all.Addr}, ""},
		{"ADDR=IPV6:::ffff:192.0.2.7", Attributes{Addr: all.Addr}, ""},
		{"NAME=a.example", Attributes{}, ""},
		{"", Attributes{}, "no attribute"},
		{"ADDR", Attributes{}, "isn't NAME=value"},
		{"ADDR=", Attributes{}, "0 bytes"},
		{"ADDR=192.0.2.7 ADDR=192.0.2.8", Attributes{}, "given twice"},
		{"ADDR=[UNAVAILABLE]", Attributes{}, "chosen by the addresses"},
		{"ADDR=2001:db8::1", Attributes{}, "IPV6:"},
		{"ADDR=IPV6:192.0.2.7", Attributes{}, "IPV6:"},
		{"ADDR=IPV6:fe80::1%eth0", Attributes{}, "IPV6:"},
		{"ADDR=a.example", Attributes{}, "IPV6:"},
		{"PORT=0", Attributes{}, "1 to 65535"},
		{"PORT=65536", Attributes{}, "1 to 65535"},
		{"DESTPORT=smtp", Attributes{}, "1 to 65535"},
		{"PROTO=LMTP", Attributes{}, "SMTP or ESMTP"},
		{"LOGIN=ceo", Attributes{}, "LOGIN: this server doesn't take"},
		{"HELO=a+0D+0AMAIL", Attributes{}, "printable"},
		{"HELO=a+", Attributes{}, "xtext"},
		{"HELO=a+g0", Attributes{}, "xtext"},
		{"HELO=é", Attributes{}, "printable"},
		{"HELO=" + strings.Repeat("a", 256), Attributes{}, "256 bytes"},
	} {
		got, err := Parse(tt.arg)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %+v, %v; want %+v, %q", tt.arg, got, err, tt.want, tt.err)
		}
	}
}

// FuzzParse: an argument is refused as a whole, or its addresses can be those of a connection.
func FuzzParse(f *testing.F) {
	f.Add("ADDR=192.0.2.7 PORT=4711 DESTADDR=IPV6:2001:db8::1 DESTPORT=587 NAME=a.example")
	f.Add("HELO=a+2B NAME=[UNAVAILABLE] PROTO=ESMTP")
	f.Fuzz(func(t *testing.T, arg string) {
		a, err := Parse(arg)
		if err != nil && a != (Attributes{}) {
			t.Errorf("%+v beside %v", a, err)
		}
		for _, addr := range []netip.Addr{a.Addr, a.DestAddr} {
			if addr.Zone() != "" || addr.Is4In6() {
				t.Errorf("address %v", addr)
			}
		}
	})
}
