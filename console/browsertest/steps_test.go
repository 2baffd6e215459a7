package browsertest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/internal/guide"
)

// step is what a numbered step of the guide tells the reader to do in the console.
type step struct {
	number  string
	sum     string // the first 8 bytes of the SHA-256 of its text
	actions []action
}

// action is one thing that a reader does. words are those of the guide, in their order; "" in front of them
// says that the guide has none.
type action struct {
	words  []string
	do     func(p *page)
	clicks string // the button or link; "": none
}

// The verbs of the guide, with the words that it uses for them if these aren't the console's own.
func open(words string) action {
	return action{words: []string{words}, do: func(p *page) { p.Open(p.home) }}
}
func click(name string, within ...string) action {
	return action{[]string{name}, func(p *page) { p.t.Helper(); p.Click(name, within...) }, name}
}
func on(title string) action {
	return action{words: []string{title}, do: func(p *page) { p.t.Helper(); p.on(title) }}
}
func typed(label, value string) action {
	return action{words: []string{label}, do: func(p *page) { p.t.Helper(); p.Type(label, value) }}
}
func chosen(label, option string) action {
	return action{words: []string{label, option}, do: func(p *page) { p.t.Helper(); p.Select(label, option) }}
}
func check(label string) action {
	return action{words: []string{label}, do: func(p *page) { p.t.Helper(); p.Check(label) }}
}
func uncheck(label string) action {
	return action{words: []string{label}, do: func(p *page) { p.t.Helper(); p.Clear(label) }}
}

// expand opens a branch of the tree that may be open already.
func expand(name string) action {
	return action{words: []string{name}, do: func(p *page) {
		p.t.Helper()
		if e := p.find([]string{"DisclosureTriangle"}, name); e.properties["expanded"] != "true" {
			p.press(e)
		}
	}}
}

// as gives an action the words of the guide.
func (a action) as(words ...string) action { a.words = words; return a }

// unsaid marks an action of which the guide doesn't speak.
func (a action) unsaid() action { a.words = nil; return a }

// What the reader types where the guide leaves it open; the names and addresses of its shell commands.
const (
	sendName     = "ToInternetGateway"
	receiveName  = "FromInternetGateway"
	smartHost    = "smtpgateway1.contoso.com"
	hubAddress   = "10.2.3.4"
	gatewayAt    = "192.168.5.77"
	securedAt    = "192.168.1.10"
	gatewayUser  = "huba"
	gatewayWord  = "Out-bound 1"
	serverDialog = "Select Hub Transport and subscribed Edge Transport servers"
	allRouted    = "Route all mail through the following smart hosts:"
	useLabel     = "Select the intended use for this connector"
	externally   = "Externally Secured (for example with IPsec)"
)

// Steps that several scenarios have.
var (
	newSend = []action{open("open the Exchange Management Console"), expand("Organization Configuration"), click("Hub Transport", "Organization Configuration"), click("New Send connector")}
	space   = []action{on("Address Space"), click("Add"), on("Add Address Space"), typed("Address", "*").as(`"*"`), click("Next")}
	routes  = []action{on("Network Settings"), check(allRouted), click("Add")}
	hosts   = []action{on("Add Smart Host"), typed("IP address or Fully qualified domain name (FQDN)", smartHost), click("OK"), click("Next")}
	sources = []action{on("Source Server"), click("Add"), on(serverDialog), check("HubA").as("select one or more Hub Transport servers"), click("OK"), click("Next")}
	finish  = []action{on("New Connector"), click("New"), on("Completion"), click("Finish")}

	newReceive  = []action{open("Open the Exchange Management Console"), expand("Server Configuration"), click("Hub Transport", "Server Configuration"), click("New Receive Connector")}
	receiveCall = []action{on("Introduction"), typed("Name", receiveName)}
	ranges      = []action{on("Remote Network settings"), click("Remove", "0.0.0.0-255.255.255.255").as("delete the all network ranges entry"), click("Add")}
	properties  = []action{click(receiveName).as("select the Receive connector that you created"), click("Properties")}
)

// sendCall is a wizard's first page.
func sendCall(usage string) []action {
	return []action{on("Introduction"), typed("Name", sendName), chosen(useLabel, usage), click("Next")}
}

// remote is the dialog for the addresses of the gateway.
func remote(address string) []action {
	return []action{on("Add IP Address(es) of Remote Servers"), typed("IP address", address), click("OK"), click("Next")}
}

// procedures are the guide's procedures in the console.
var procedures = map[guide.Scenario][]step{
	guide.Basic: {
		{"1", "bb706cb707d9914e", newSend},
		{"2", "00599eade2fb3284", sendCall("Custom")[:2]},
		{"3", "8a193401d6bf6a94", sendCall("Custom")[2:]},
		{"4", "fdb2de1aac99e9b5", space},
		{"5", "8ef02b6c9005d6db", routes},
		{"6", "e013321dc59c37c6", hosts},
		{"7", "e336f5f46edeacb2", []action{on("Smart host security settings"), check("Basic Authentication over TLS"), typed("User name", gatewayUser), typed("Password", gatewayWord), click("Next")}},
		{"8", "d4f2b9fe0c1a2914", sources},
		{"9", "1b4144939d815b3e", finish},
	},
	guide.Secured: {
		{"1.1", "61c2d96dee245d10", newSend},
		{"1.2", "7a94f3f1f215fd99", sendCall("Internal")},
		{"1.3", "1cba2e6fd65ce57f", space},
		{"1.4", "8ef02b6c9005d6db", routes},
		{"1.5", "8a6fd58ef8ca54d1", hosts},
		{"1.6", "da38b4f1ec24f931", []action{on("Smart host security settings"), check(externally), click("Next")}},
		{"1.7", "d4f2b9fe0c1a2914", sources},
		{"1.8", "1b4144939d815b3e", finish},
		{"2.1", "2d21ff014d5290e3", newReceive},
		{"2.2", "4fed18ea4cdcbac0", receiveCall},
		{"2.3", "0a2df1e8547bfde9", sendCall("Internal")[2:]},
		{"2.4", "c1ce25948dc6b49f", ranges},
		{"2.5", "81f2d2336a7542bc", remote(securedAt)},
		{"2.6", "1b4144939d815b3e", finish},
		{"3.1", "b3ccb3ea6e30c668", properties},
		{"3.2", "7a038d5c3456ba97", []action{click("Authentication"), uncheck("Basic Authentication"), uncheck("Exchange Server authentication").as("Exchange Server"), check(externally), click("OK"), click("OK").unsaid()}},
	},
	guide.Relay: {
		{"1.1", "61c2d96dee245d10", newSend},
		{"1.2", "95e5777b54614cc9", sendCall("Internet")},
		{"1.3", "1cba2e6fd65ce57f", space},
		{"1.4", "8ef02b6c9005d6db", routes},
		{"1.5", "8a6fd58ef8ca54d1", hosts},
		{"1.6", "9a36ae0a1c2bc098", []action{on("Smart host security settings"), check("None"), click("Next")}},
		{"1.7", "d4f2b9fe0c1a2914", sources},
		{"1.8", "1b4144939d815b3e", finish},
		{"2.1", "2d21ff014d5290e3", newReceive},
		{"2.2", "4fed18ea4cdcbac0", receiveCall},
		{"2.3", "8a193401d6bf6a94", sendCall("Custom")[2:]},
		{"2.4", "49fc3990e9f36ad5", []action{on("Local network settings"), click("Remove", "All Available").as("All Available"), click("Add")}},
		{"2.5", "4dbb92d20333192d", []action{on("Add Receive Connector Binding"), check("Specify an IP address"), typed("IP address", hubAddress).as("Type an IP address"), typed("Port", "25"), click("OK"), click("Next")}},
		{"2.6", "c1ce25948dc6b49f", ranges},
		// The guide goes on with step 3 from here, and leaves out the wizard's last two pages.
		{"2.7", "81f2d2336a7542bc", append(remote(gatewayAt), on("New Connector").unsaid(), click("New").unsaid(), on("Completion").unsaid(), click("Finish").unsaid())},
		{"3.1", "b3ccb3ea6e30c668", properties},
		{"3.2", "5efda25c1e2cde75", []action{click("Permission Groups"), check("Anonymous users"), click("OK"), click("OK").as("Click OK to save your changes")}},
		{"4.1", "1d1a3e16d9aa9b40", []action{click("Management Shell")}},
		{"4.2", "ba24e4ba6c9e0884", []action{typed("Commands", relayGrant).as("Run the following command"), click("Run").unsaid(), click("Apply").unsaid()}},
	},
}

// relayGrant is the guide's last command, for the connector that the procedure makes.
const relayGrant = `Get-ReceiveConnector "` + receiveName + `" | Add-ADPermission -User "NT AUTHORITY\ANONYMOUS LOGON" -ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient"`

// TestSteps holds the procedures against the guide: every step of the guide is there, the text is the one that the
// actions were made from, and they are what it says, in its order.
func TestSteps(t *testing.T) {
	name := os.Getenv(guide.Variable)
	if name == "" {
		t.Skip("set " + guide.Variable + " to the file of the guide")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	found := guide.Steps(string(text))
	if len(found) != len(procedures) {
		t.Errorf("the guide has %d procedures in the console, want %d", len(found), len(procedures))
	}
	for scenario, steps := range procedures {
		if len(found[scenario]) != len(steps) {
			t.Errorf("%s: the guide has %d steps, the table has %d", scenario, len(found[scenario]), len(steps))
			continue
		}
		for i, s := range steps {
			of := found[scenario][i]
			if sum := fmt.Sprintf("%.8x", sha256.Sum256([]byte(of.Text))); of.Number != s.number || sum != s.sum {
				t.Errorf("%s: the table has step %s with the sum %s, the guide has step %s with %s: %s", scenario, s.number, s.sum, of.Number, sum, of.Text)
			}
			rest := of.Text
			for _, a := range s.actions {
				for _, words := range a.words {
					at := strings.Index(strings.ToLower(rest), strings.ToLower(words))
					if at < 0 {
						t.Errorf("%s, step %s: %q isn't what the guide says next: %s", scenario, s.number, words, rest)
						continue
					}
					rest = rest[at+len(words):]
				}
			}
		}
	}
}
