package foreign_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/foreign"
	"github.com/interchange-smtp/interchange/connector/source"
)

// addressList writes a list of addresses as IIS does: denied and granted prefixes.
func addressList(denied, granted string) string {
	var sections, members []byte
	begin := 24 + 4*8
	groups := func(text string) map[int][]netip.Prefix {
		out := map[int][]netip.Prefix{}
		for p := range strings.FieldsSeq(text) {
			prefix := netip.MustParsePrefix(p)
			out[prefix.Bits()] = append(out[prefix.Bits()], prefix)
		}
		return out
	}
	lists := []map[int][]netip.Prefix{groups(denied), groups(granted), nil, nil}
	for _, l := range lists {
		begin += 20 * len(l)
	}
	number := func(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)) }
	place := func(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)|1<<31) }
	var header []byte
	for _, l := range lists {
		header = place(header, 24+len(sections))
		count := 0
		for _, members := range l {
			count += len(members)
		}
		sections = number(number(sections, len(l)), count)
		for bits, prefixes := range l {
			for _, n := range []int{2, 1 + len(prefixes), 4, 0} {
				sections = number(sections, n)
			}
			sections = place(sections, begin+len(members))
			members = binary.BigEndian.AppendUint32(members, uint32(uint64(0xffffffff)<<(32-bits)))
			for _, p := range prefixes {
				a := p.Addr().As4()
				members = append(members, a[:]...)
			}
		}
	}
	header = number(number(header, 1), begin)
	return hex.EncodeToString(slices.Concat(header, sections, members))
}

// published is a list that the program of Microsoft has written, for 127.0.0.1.
const published = "18000080200000803c00008044000080010000004c000000" +
	"0000000000000000" + "0100000001000000" + "020000000200000004000000000000004c000080" + "0000000000000000" + "0000000000000000" + "ffffffff7f000001"

// metabase writes a metabase with one virtual server that has some properties, and keys beside it.
func metabase(properties, more string) string {
	return `<?xml version="1.0"?>
<configuration xmlns="urn:microsoft-catalog:XML_Metabase_V64_0">
<MBProperty>
<IIsSmtpService Location ="/LM/SmtpSvc" MaxRecipients="50" ServerBindings=":25:">
</IIsSmtpService>
<IIsSmtpServer Location ="/LM/SmtpSvc/1"
	` + properties + `>
</IIsSmtpServer>
` + more + `
</MBProperty>
</configuration>
`
}

func readMetabase(t *testing.T, text string) (*foreign.Result, *connector.Policy) {
	t.Helper()
	result, err := foreign.Read("MetaBase.xml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return result, compile(t, result)
}

// TestIISRelays asks who may relay. What can't be read lets no client relay.
func TestIISRelays(t *testing.T) {
	if got := addressList("", "127.0.0.1/32"); got != published {
		t.Fatalf("the test writes %s, and IIS %s", got, published)
	}
	list := func(name, denied, granted string) string {
		return fmt.Sprintf("\n%s=\"%s\"", name, addressList(denied, granted))
	}
	relayList := list("RelayIpList", "", "10.0.0.0/24 10.1.2.3/32 127.0.0.1/32")
	for name, test := range map[string]struct {
		properties string
		relay, not string // clients
		users      string // that may relay if they log on
		inbound    string // that may send to the server's domain
	}{
		"none":              {"", "", "127.0.0.1 10.0.0.1", "", "10.0.0.1"},
		"empty":             {`RelayIpList=""`, "", "127.0.0.1 10.0.0.1", "", "10.0.0.1"},
		"published":         {`RelayIpList="` + published + `"`, "127.0.0.1", "10.0.0.1 127.0.0.2", "", "10.0.0.1"},
		"networks":          {relayList, "10.0.0.77 10.1.2.3", "10.0.1.1 10.1.2.4", "", "203.0.113.1"},
		"all except some":   {list("RelayIpList", "10.0.0.0/8", ""), "", "203.0.113.1 10.0.0.1", "", "203.0.113.1"},
		"cut":               {`RelayIpList="` + published[:len(published)-8] + `"`, "", "127.0.0.1", "", ""},
		"longer":            {`RelayIpList="` + published + `0a000001"`, "", "127.0.0.1 10.0.0.1", "", ""},
		"no digits":         {`RelayIpList="everyone"`, "", "127.0.0.1", "", ""},
		"mask with a hole":  {`RelayIpList="` + strings.Replace(published, "ffffffff", "ff00ff00", 1) + `"`, "", "127.0.0.1", "", ""},
		"mask of nothing":   {`RelayIpList="` + strings.Replace(published, "ffffffff7f", "0000000000", 1) + `"`, "", "127.0.0.1 10.0.0.1", "", ""},
		"names":             {`RelayIpList="` + published[:len(published)-16-16] + "0100000001000000" + published[len(published)-16:] + `"`, "", "127.0.0.1", "", ""},
		"another version":   {`RelayIpList="` + strings.Replace(published, "010000004c", "000000004c", 1) + `"`, "", "127.0.0.1", "", ""},
		"users":             {relayList + ` RelayForAuth="4294967295" AuthFlags="AuthBasic | AuthAnonymous"`, "10.0.0.7", "203.0.113.1", "203.0.113.1 10.0.0.7", "203.0.113.1"},
		"users, listed":     {relayList + ` RelayForAuth="0" AuthFlags="3"`, "10.0.0.7", "203.0.113.1", "10.0.0.7", "203.0.113.1"},
		"users only":        {relayList + ` RelayForAuth="-1" AuthFlags="AuthBasic"`, "", "10.0.0.7 203.0.113.1", "203.0.113.1", ""},
		"NTLM only":         {relayList + ` RelayForAuth="-1" AuthFlags="AuthNTLM"`, "", "10.0.0.7", "", ""},
		"connect":           {relayList + list("IPSecurity", "", "10.0.0.0/8"), "10.0.0.7 10.1.2.3", "127.0.0.1", "", "10.9.9.9"},
		"connect, denied":   {relayList + list("IPSecurity", "10.0.0.7/32", ""), "10.0.0.8", "10.0.0.7", "", "203.0.113.1"},
		"connect, unread":   {relayList + ` IPSecurity="00"`, "127.0.0.1", "10.0.0.7", "", ""},
		"connect, conflict": {relayList + list("IPSecurity", "10.0.0.7/32", "10.0.0.0/8"), "127.0.0.1", "10.0.0.7 10.0.0.8", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, policy := readMetabase(t, metabase(`DefaultDomain="contoso.com" FullyQualifiedDomainName="old.contoso.com" `+test.properties, ""))
			ask := func(clients string, user bool, to string, want bool) {
				for client := range strings.FieldsSeq(clients) {
					if got := may(policy, client, 25, user, to); got != want {
						t.Errorf("%s, user %v, to %s: %v", client, user, to, got)
					}
				}
			}
			ask(test.relay, false, "kim@elsewhere.example", true)
			ask(test.not, false, "kim@elsewhere.example", false)
			ask(test.users, true, "kim@elsewhere.example", true)
			ask(test.inbound, false, "kim@contoso.com", true)
		})
	}
}

// TestIISDomains reads domains, routes, and virtual servers that share a machine.
func TestIISDomains(t *testing.T) {
	more := `<IIsSmtpDomain Location ="/LM/SmtpSvc/1/Domain/alias.example" RouteAction="16"></IIsSmtpDomain>
<IIsSmtpDomain Location ="/LM/SmtpSvc/1/Domain/*.relay.example" RouteAction="4098" RouteActionString="[10.1.1.1]"></IIsSmtpDomain>
<IIsSmtpDomain Location ="/LM/SmtpSvc/1/Domain/partner.example" RouteAction="262" RouteActionString="mx.partner.example" RouteUserName="hub" RoutePassword="49634462d0000000a5"></IIsSmtpDomain>
<IIsWebServer Location ="/LM/W3SVC/1" ServerComment="Default Web Site"></IIsWebServer>`
	text := metabase(`DefaultDomain="old.contoso.com" SmartHost="smart.example" SmartHostType="2" MaxMessageSize="2097152"
	ServerBindings="10.0.0.1:25:
		:2525:" SecureBindings=":465:"`, more)
	result, policy := readMetabase(t, text)
	for recipient, want := range map[string]bool{"a@old.contoso.com": true, "a@alias.example": true, "a@x.relay.example": true, "a@relay.example": false, "a@partner.example": false} {
		if got := may(policy, "203.0.113.1", 2525, false, recipient); got != want {
			t.Errorf("mail for %s is taken: %v", recipient, got)
		}
	}
	var sends []string
	for _, s := range result.Config.Send {
		sends = append(sends, fmt.Sprintf("%s: %v %v %v %v", s.Name, s.AddressSpaces, s.SmartHosts, s.RequireTLS, s.SmartHostAuthMechanism))
	}
	want := []string{"Internet: [SMTP:*;1] [smart.example] false None", "To relay.example: [SMTP:*.relay.example;1] [[10.1.1.1]] false None", "To partner.example: [SMTP:partner.example;1] [mx.partner.example] true BasicAuthRequireTLS"}
	if !slices.Equal(sends, want) {
		t.Errorf("Send connectors: %q", sends)
	}
	if b := fmt.Sprint(result.Config.Receive[0].Bindings); b != "[10.0.0.1:25 0.0.0.0:2525 0.0.0.0:465]" {
		t.Errorf("Bindings: %s", b)
	}
	for _, d := range result.Account {
		if strings.Contains(d.String(), "49634462") {
			t.Errorf("the account shows a password: %v", d)
		}
	}
	two := strings.Replace(text, "<IIsWebServer", `<IIsSmtpServer Location="/LM/SmtpSvc/2" ServerBindings=":26:" DefaultDomain="old.contoso.com" SmartHost="other.example"></IIsSmtpServer><IIsWebServer`, 1)
	_, policy = readMetabase(t, two)
	for recipient, want := range map[string]bool{"a@old.contoso.com": true, "a@alias.example": false} {
		if got := may(policy, "203.0.113.1", 26, false, recipient); got != want {
			t.Errorf("the second server takes mail for %s: %v", recipient, got)
		}
	}
}

// TestIISAccount holds the account to the file: each property has an entry at its line.
func TestIISAccount(t *testing.T) {
	const name = "testdata/iis/MetaBase.xml"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	result, _ := readMetabase(t, string(data))
	n, custom := 0, false
	for line := range strings.Lines(string(data)) {
		n++
		custom = custom && !strings.Contains(line, "/>")
		property := strings.HasPrefix(line, "\t\t") && !custom && !strings.Contains(line, "AppPoolId")
		if custom = custom || strings.Contains(line, "<Custom"); !property && !strings.Contains(line, "<Custom") && !strings.Contains(line, "Location") {
			continue
		}
		known := slices.ContainsFunc(result.Account, func(d source.Diagnostic) bool { return d.Line == n })
		if !known && !strings.Contains(line, "<IIsSmtpService") {
			t.Errorf("%s:%d has no entry in the account: %s", name, n, line)
		}
	}
}

// TestIISMistakes reads files that are no metabase.
func TestIISMistakes(t *testing.T) {
	for text, want := range map[string]source.Code{
		"<configuration><MBProperty>":                      source.CodeSyntax,
		"<configuration><MBProperty/>":                     source.CodeSyntax,
		"<a><MBProperty/></a>":                             source.CodeNotFound,
		"<a><MBProperty><IIsSmtpServer/></MBProperty></a>": source.CodeNotFound,
		"<a><MBProperty>" + strings.Repeat(`<K Location="x"/>`, 20_002) + "</MBProperty></a>": source.CodeLimitExceeded,
	} {
		if _, err := foreign.Read("MetaBase.xml", []byte(text), nil); !errors.Is(err, want) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
	if kind := foreign.Detect("receive.xml", []byte("<Objs Version=\"1.1\"></Objs>")); kind != foreign.Unknown {
		t.Errorf("an export of Exchange is taken for %d", kind)
	}
}

// FuzzMetabase reads anything as a metabase.
func FuzzMetabase(f *testing.F) {
	f.Add(metabase(`RelayIpList="`+published+`" AuthFlags="AuthBasic" ServerBindings="1.2.3.4:25:"`, `<IIsSmtpDomain Location="/LM/SmtpSvc/1/Domain/x" RouteAction="4098" RouteActionString="y"/>`))
	f.Add(metabase(`IPSecurity="`+addressList("10.0.0.0/8", "")+`"`, "<Custom Name=\"AuthFlags\" Value=\"2\"/>"))
	f.Fuzz(func(t *testing.T, text string) {
		result, err := foreign.Read("<MBProperty.xml", []byte(text+"<MBProperty>"), nil)
		if (err == nil) == (result == nil) {
			t.Fatal(result, err)
		}
		if err == nil {
			connector.Compile(result.Config)
		}
	})
}
