package main

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/routing"
)

// shellWords divides a command line as a shell of Unix does.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(strings.ReplaceAll(line, `'\''`, "\x00"), "'") {
		if i%2 == 0 {
			words = append(words, strings.Fields(part)...)
		} else {
			words = append(words, part)
		}
	}
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "\x00", "'")
	}
	return words
}

// TestAskCommands runs the command that an answer prints: explain comes to the same result.
func TestAskCommands(t *testing.T) {
	for question, code := range map[string]int{
		"testdata/relay.json -tls always accepted":                                                                                                 exitNo,
		"testdata/relay.json -tls sometimes accepted":                                                                                              exitOK,
		"testdata/relay.json -as Interns -own -from fabrikam.com -tls sometimes accepted":                                                          exitOK,
		"testdata/relay.json -as Interns -others -from fabrikam.com -tls always accepted":                                                          exitNo,
		"testdata/partner.json -as certificate -own never accepted":                                                                                exitOK,
		"testdata/partner.json -as certificate:woodgrovebank.com -others -from woodgrovebank.com,contoso.com always accepted":                      exitNo,
		"testdata/relay.json -size 1GB -to fabrikam.com always accepted":                                                                           exitNo,
		"testdata/relay.json -to fabrikam.com always encrypted":                                                                                    exitOK, // route shows it
		"testdata/relay.json -connector FromInternetGateway -from <> -tls -to fabrikam.com -as anonymous sometimes accepted -profile exchange2007": exitOK,
	} {
		var out, errs bytes.Buffer
		run(append([]string{"ask", "-json"}, strings.Fields(question)...), nil, &out, &errs)
		var answer questionJSON
		if err := json.Unmarshal(out.Bytes(), &answer); err != nil || len(answer.Explain) != 1 {
			t.Errorf("%s: %v, %s%s", question, err, &out, &errs)
			continue
		}
		var explained bytes.Buffer
		if got := run(shellWords(answer.Explain[0])[1:], nil, &explained, &explained); got != code {
			t.Errorf("%s: %s exits with %d:\n%s", question, answer.Explain[0], got, &explained)
		}
	}
}

// TestAskBothCommands: what compares two policies has a command for each, with another result,
// and what compares connectors taken alone has none.
func TestAskBothCommands(t *testing.T) {
	var answer questionJSON
	ask := func(question string) {
		t.Helper()
		var out, errs bytes.Buffer
		run(append([]string{"ask", "-json"}, strings.Fields(question)...), nil, &out, &errs)
		answer = questionJSON{}
		if err := json.Unmarshal(out.Bytes(), &answer); err != nil || answer.Witness == nil {
			t.Fatalf("%s: %v, %s%s", question, err, &out, &errs)
		}
	}
	ask("testdata/relay.json -with testdata/diff/new.json implies accepted")
	var codes []int
	for _, command := range answer.Explain {
		var explained bytes.Buffer
		codes = append(codes, run(shellWords(command)[1:], nil, &explained, &explained))
	}
	if !slices.Equal(codes, []int{exitOK, exitNo}) {
		t.Errorf("%q exit with %v", answer.Explain, codes)
	}
	ask("testdata/relay.json -with testdata/diff/new.json -connector FromInternetGateway disjoint accepted")
	if len(answer.Explain) > 0 || answer.Swaks != "" {
		t.Errorf("got %q and %q", answer.Explain, answer.Swaks)
	}
}

// TestAskMistakes: an option that is given twice or without a value is refused.
func TestAskMistakes(t *testing.T) {
	for _, row := range [][2]string{
		{"-as anonymous -as printers never relays", "-as is given twice"},
		{"-to contoso.com -to fabrikam.com never relays", "-to is given twice; separate the elements of a list by commas"},
		{"-tls -tls never relays", "-tls is given twice"},
		{"-tls=false never relays", "it takes no value"},
		{"-with testdata/relay.json -with testdata/partner.json equivalent relays", "it is given twice"},
		{"-with= equivalent relays", "name a file or a directory"},
		{"-remote= never relays", "-remote is empty"},
		{"-to= never relays", "-to is empty"},
		{"-from= never relays", "-from is empty"},
		{"-as= never relays", "-as is empty"},
		{"-size 0 never relays", "-size: give the size of the largest message"},
		{"-as Partners never relays", "give -as certificate"},
	} {
		var out, errs bytes.Buffer
		if code := run(append([]string{"ask", "testdata/relay.json"}, strings.Fields(row[0])...), nil, &out, &errs); code != exitInvalid || !strings.Contains(errs.String(), row[1]) {
			t.Errorf("%s: exit %d, %s%s", row[0], code, &out, &errs)
		}
	}
}

// TestSwaksCommand: swaks puts senders between angle brackets itself.
func TestSwaksCommand(t *testing.T) {
	d := connector.Dialog{
		Local: netip.MustParseAddrPort("[2001:db8::25]:465"), Remote: netip.MustParseAddr("2001:db8::1"), Helo: "client.example", TLS: true,
		PeerNames: []string{"bank.org"}, From: routing.MustParseAddress("o'neil@bank.org"), To: []routing.Address{routing.MustParseAddress("user@contoso.com")},
	}
	want := `swaks --server '[2001:db8::25]:465' --local-interface 2001:db8::1 --ehlo client.example --tls-on-connect --tls-cert FILE --tls-key FILE --from 'o'\''neil@bank.org' --to user@contoso.com`
	if got := swaksCommand(analysis.PropertyAccepted, d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	d.From, d.PeerNames, d.Size, d.Local = routing.Address{}, nil, 3000, netip.MustParseAddrPort("192.0.2.1:25")
	want = `swaks --server 192.0.2.1:25 --local-interface 2001:db8::1 --ehlo client.example --tls --from '<>' --to user@contoso.com --data @FILE # a message of 3000 bytes`
	if got := swaksCommand(analysis.PropertyAccepted, d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestSwaksNullSender: swaks writes no From of the null sender, which few clients may use.
func TestSwaksNullSender(t *testing.T) {
	d := connector.Dialog{
		Local: netip.MustParseAddrPort("192.0.2.1:25"), Remote: netip.MustParseAddr("203.0.113.1"), Helo: "client.example", To: []routing.Address{routing.MustParseAddress("user@contoso.com")},
	}
	for property, want := range map[analysis.Property]string{analysis.PropertyAccepted: `--data 'Subject: test\n\ntest'`, analysis.PropertySends: "--quit-after MAIL"} {
		if got := swaksCommand(property, d); !strings.HasSuffix(got, "--from '<>' --to user@contoso.com "+want) {
			t.Errorf("%s: %s", property, got)
		}
	}
}

// TestShellWord quotes what a shell would read otherwise.
func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{"a-b": "a-b", "<a@b>": "'<a@b>'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'"} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: got %s", word, got)
		}
	}
}

// TestAskCompletion offers files and claims, then properties, and connectors.
func TestAskCompletion(t *testing.T) {
	c := newCLI(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{})
	for line, want := range map[string]string{
		"ask ":                                "always",
		"ask p.json ":                         ":files",
		"ask testdata/relay.json always ":     "relays",
		"ask testdata/relay.json -connector ": "FromInternetGateway",
		"ask -with-connector x never ":        "offered",
	} {
		if got := c.complete(strings.Split(line, " ")); !slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, want) }) {
			t.Errorf("%s: %q", line, got)
		}
	}
}
