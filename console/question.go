package console

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// maxAsked bounds the recipients of a session that is explained: each has stages of its own on the page.
const maxAsked = 20

// question is a session as the form of the page Explain a session has it. The fields with several values have one on a
// line.
type question struct {
	Remote, Local     string
	TLS               bool
	Names             string // that the client's certificate proves
	EHLO              string
	User              string
	Groups, Addresses string // of the user
	From, To          string
	Times             string // how often each recipient is named
	Size              string // in bytes
	Header, Authors   string
	HeaderSize        string
	Hops, LocalHops   string
	Mechanism         string
	wrong             map[string]string // what is wrong, by the name of the field
}

// field is a field of a form.
type field struct {
	Name, Label, Help string
	Rows              int // of a text area; 0: one line
	Required, Number  bool
	Value, Wrong      string

	group string
	of    func(*question) *string
}

// The groups of the fields.
const (
	groupClient  = "Client"
	groupUser    = "User, if the client logs on"
	groupMessage = "Message"
	groupFurther = "Header and numbers"
)

// questionFields are the text fields of the form, by whose names addresses have them, too.
var questionFields = []field{
	{group: groupClient, Name: "remote", Label: "IP address", Help: "As in 192.0.2.1", Required: true, of: func(q *question) *string { return &q.Remote }},
	{group: groupClient, Name: "local", Label: "Address of the server", Help: "IP address and port, as in 10.2.3.4:25; empty: all", of: func(q *question) *string { return &q.Local }},
	{group: groupClient, Name: "ehlo", Label: "EHLO name", Help: "Empty: EHLO without a domain", of: func(q *question) *string { return &q.EHLO }},
	{group: groupClient, Name: "names", Label: "Names in its certificate", Help: "One on a line; needs TLS", Rows: 1, of: func(q *question) *string { return &q.Names }},
	{group: groupUser, Name: "user", Label: "User name", Help: "Empty: the client doesn't log on, unless groups are given", of: func(q *question) *string { return &q.User }},
	{group: groupUser, Name: "groups", Label: "Groups of the user", Help: "One on a line, beside Authenticated Users", Rows: 1, of: func(q *question) *string { return &q.Groups }},
	{group: groupUser, Name: "addresses", Label: "Addresses of the user", Help: "One on a line, @contoso.com for all of a domain; empty: the user name, if it is an address", Rows: 1, of: func(q *question) *string { return &q.Addresses }},
	{group: groupMessage, Name: "from", Label: "Sender (MAIL FROM)", Help: "Empty: the null sender <>", of: func(q *question) *string { return &q.From }},
	{group: groupMessage, Name: "to", Label: "Recipients (RCPT TO)", Help: "One on a line", Rows: 2, of: func(q *question) *string { return &q.To }},
	{group: groupMessage, Name: "size", Label: "Size in bytes", Help: "Empty: not known", Number: true, of: func(q *question) *string { return &q.Size }},
	{group: groupFurther, Name: "authors", Label: "From and Sender in the header", Help: "Addresses, one on a line", Rows: 1, of: func(q *question) *string { return &q.Authors }},
	{group: groupFurther, Name: "header", Label: "Other header fields", Help: "Names, one on a line, as in X-MS-Exchange-Organization-SCL", Rows: 1, of: func(q *question) *string { return &q.Header }},
	{group: groupFurther, Name: "header-size", Label: "Size of the header in bytes", Help: "Empty: not known", Number: true, of: func(q *question) *string { return &q.HeaderSize }},
	{group: groupFurther, Name: "hops", Label: "Received fields", Help: "How many the message has", Number: true, of: func(q *question) *string { return &q.Hops }},
	{group: groupFurther, Name: "local-hops", Label: "Received fields of this server", Help: "How many of them name this server", Number: true, of: func(q *question) *string { return &q.LocalHops }},
	{group: groupFurther, Name: "times", Label: "RCPT commands for each recipient", Help: "Empty: one", Number: true, of: func(q *question) *string { return &q.Times }},
	{group: groupFurther, Name: "auth", Label: "SASL mechanism", Help: "Empty: one that is offered", of: func(q *question) *string { return &q.Mechanism }},
}

// fieldset is a group of fields of a form.
type fieldset struct {
	Legend string
	Fields []field
	Folded bool // it is shown on request
}

// Fieldsets returns the form.
func (q *question) Fieldsets() (all []fieldset) {
	for _, f := range questionFields {
		f.Value, f.Wrong = *f.of(q), q.wrong[f.Name]
		if len(all) == 0 || all[len(all)-1].Legend != f.group {
			all = append(all, fieldset{Legend: f.group, Folded: f.group == groupFurther})
		}
		last := &all[len(all)-1]
		last.Fields = append(last.Fields, f)
		last.Folded = last.Folded && f.Value == ""
	}
	return all
}

// readQuestion reads a session from an address.
func readQuestion(v url.Values) *question {
	q := &question{TLS: v.Get("tls") != "", wrong: make(map[string]string)}
	for _, f := range questionFields {
		*f.of(q) = strings.TrimSpace(strings.ReplaceAll(strings.Join(v[f.Name], "\n"), "\r", ""))
	}
	return q
}

// questionOf returns the question about a session.
func questionOf(d connector.Dialog) *question {
	q := &question{
		Remote: d.Remote.String(), TLS: d.TLS, Names: strings.Join(d.PeerNames, "\n"), EHLO: d.Helo, Mechanism: d.Mechanism,
		From: d.From.String(), Header: strings.Join(d.Header, "\n"), Authors: addressLines(d.Authors),
		Size: numberText(d.Size), HeaderSize: numberText(d.HeaderSize), Hops: numberText(int64(d.Hops)), LocalHops: numberText(int64(d.LocalHops)),
	}
	if d.Local.IsValid() {
		q.Local = d.Local.String()
	}
	if len(d.To) > 0 {
		q.To = addressLines(d.To)
		if n := repeated(d.To); n > 1 {
			q.To, q.Times = d.To[0].String(), strconv.Itoa(n)
		}
	}
	if d.User == nil {
		return q
	}
	q.Addresses = addressLines(d.User.Addresses)
	for _, domain := range d.User.Domains {
		q.Addresses = strings.TrimSpace(q.Addresses + "\n@" + domain.String())
	}
	own := permission.NameSID(d.User.Name)
	var groups []string
	for _, sid := range d.User.SIDs {
		switch sid {
		case own:
			q.User = d.User.Name
		case permission.SIDAuthenticatedUsers:
		default:
			groups = append(groups, sid.Name())
		}
	}
	if q.Groups = strings.Join(groups, "\n"); len(groups) == 0 { // so that no groups of an account are filled in
		q.Groups = permission.SIDAuthenticatedUsers.Name()
	}
	return q
}

// witnessPath returns the page that explains a session.
func (c *Console) witnessPath(d connector.Dialog) string {
	return c.path("/ask", questionOf(d).query()...)
}

// repeated returns how many there are of equal addresses, or 0 if they differ.
func repeated(all []routing.Address) int {
	for _, a := range all {
		if a.String() != all[0].String() {
			return 0
		}
	}
	return len(all)
}

// addressLines returns addresses one on a line.
func addressLines(all []routing.Address) string {
	var b strings.Builder
	for _, a := range all {
		b.WriteString(a.String() + "\n")
	}
	return strings.TrimSpace(b.String())
}

// numberText returns a number that isn't 0.
func numberText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// query returns the parameters of the page about the question, as name, value.
func (q *question) query() []string {
	var all []string
	for _, f := range questionFields {
		all = append(all, f.Name, *f.of(q))
	}
	if q.TLS {
		all = append(all, "tls", "on")
	}
	return all
}

// Asked reports whether something is filled in.
func (q *question) Asked() bool {
	for _, f := range questionFields {
		if *f.of(q) != "" {
			return true
		}
	}
	return q.TLS
}

// Mistakes returns the fields that are wrong.
func (q *question) Mistakes() (all []field) {
	for _, set := range q.Fieldsets() {
		for _, f := range set.Fields {
			if f.Wrong != "" {
				all = append(all, f)
			}
		}
	}
	return all
}

// dialog returns the session. ok is false if the question has mistakes.
func (q *question) dialog() (d connector.Dialog, ok bool) {
	d = connector.Dialog{
		TLS: q.TLS, PeerNames: strings.Fields(q.Names), Helo: q.EHLO, Mechanism: q.Mechanism, Further: auth.WithoutPassword(),
		Size: q.count("size", q.Size), HeaderSize: q.count("header-size", q.HeaderSize),
		Hops: int(q.count("hops", q.Hops)), LocalHops: int(q.count("local-hops", q.LocalHops)),
		Authors: q.all("authors", q.Authors), Header: headerNames(q.Header),
	}
	q.readEnds(&d)
	if from := strings.Trim(q.From, "<>"); from != "" {
		d.From = q.address("from", from)
	}
	q.readRecipients(&d)
	if len(d.PeerNames) > 0 && !q.TLS {
		q.wrong["names"] = "A client shows a certificate with TLS only; choose TLS, too."
	}
	if q.User != "" || q.Groups != "" {
		d.User = q.identity()
	} else if q.Addresses != "" {
		q.wrong["user"] = "Give the user that has these addresses."
	}
	return d, len(q.wrong) == 0
}

// readEnds reads the addresses of the client and of the server.
func (q *question) readEnds(d *connector.Dialog) {
	var err error
	if d.Remote, err = netip.ParseAddr(q.Remote); err != nil {
		q.wrong["remote"] = "Give the client's IP address, as in 192.0.2.1."
	}
	if q.Local == "" {
		return
	}
	switch d.Local, err = netip.ParseAddrPort(q.Local); {
	case err != nil:
		q.wrong["local"] = "Give an IP address of the server with a port, as in 10.2.3.4:25, or nothing for all addresses."
	case d.Local.Addr().IsUnspecified():
		q.wrong["local"] = d.Local.Addr().String() + " stands for all addresses of the server; give one of them, or nothing."
	case d.Remote.IsValid() && d.Local.Addr().Unmap().Is4() != d.Remote.Unmap().Is4():
		q.wrong["local"] = fmt.Sprintf("%v can't be connected to from %v: one is IPv4 and the other IPv6.", d.Local, d.Remote)
	}
}

// readRecipients reads the recipients, each as often as Times says.
func (q *question) readRecipients(d *connector.Dialog) {
	named := q.all("to", q.To)
	switch {
	case q.wrong["to"] != "":
	case len(named) > maxAsked:
		q.wrong["to"] = fmt.Sprintf("Give at most %d recipients.", maxAsked)
	}
	const most = 1 << 20
	times := max(1, q.count("times", q.Times))
	if q.wrong["to"] == "" && times*int64(len(named)) > most {
		q.wrong["times"] = fmt.Sprintf("Give at most %d.", most)
	}
	if len(q.wrong) > 0 {
		return
	}
	for range times {
		d.To = append(d.To, named...)
	}
}

// identity returns the user.
func (q *question) identity() *auth.Identity {
	var groups []permission.SID
	for line := range strings.Lines(q.Groups) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		group, err := permission.ParsePrincipal(line)
		if err != nil {
			q.wrong["groups"] = sentence(err)
		}
		if q.User == "" || !group.Is(permission.SIDAuthenticatedUsers) { // a user is in that group anyway
			groups = append(groups, group.SIDs...)
		}
	}
	id := &auth.Identity{}
	id.Addresses, id.Domains = q.senders()
	if q.User == "" {
		id.Principal = permission.Principal{SIDs: groups}
		return id
	}
	if _, err := permission.ParsePrincipal(q.User); err != nil {
		q.wrong["user"] = sentence(err)
	}
	named := auth.Named(q.User, groups...)
	if len(id.Addresses) > 0 {
		named.Addresses = id.Addresses
	}
	named.Domains = id.Domains
	return &named
}

// senders reads the addresses of the user, and the domains of which it may send as any address.
func (q *question) senders() (addresses []routing.Address, domains []auth.SenderDomain) {
	for _, one := range strings.Fields(q.Addresses) {
		name, whole := strings.CutPrefix(one, "@")
		if !whole {
			addresses = append(addresses, q.address("addresses", strings.Trim(one, "<>,;")))
			continue
		}
		domain, err := auth.ParseSenderDomain(name)
		if err != nil {
			q.wrong["addresses"] = sentence(err)
		}
		domains = append(domains, domain)
	}
	return addresses, domains
}

// count reads a number; nothing is 0.
func (q *question) count(field, text string) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		q.wrong[field] = "Give a number, or nothing."
	}
	return n
}

// all reads addresses, one on a line.
func (q *question) all(field, text string) (list []routing.Address) {
	for _, one := range strings.Fields(text) {
		list = append(list, q.address(field, strings.Trim(one, "<>,;")))
	}
	return list
}

// address reads an address.
func (q *question) address(field, text string) routing.Address {
	a, err := routing.ParseAddress(text)
	if err != nil {
		q.wrong[field] = sentence(err)
	}
	return a
}

// headerNames returns the names of header fields, of which lines may have the values, too.
func headerNames(text string) (names []string) {
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// sentence returns an error as a sentence.
func sentence(err error) string { return capital(err.Error()) + "." }

// capital returns text with a capital at its beginning.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 || first == utf8.RuneError {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
