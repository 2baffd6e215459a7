package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/explain"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/jwt"
	"github.com/interchange-smtp/interchange/routing"
)

// explainFlags describe a session.
type explainFlags struct {
	policyFlags
	userFlags
	remote, local string
	helo          string
	tls, noCert   bool
	noUsers       bool
	tokens, token string
	noTokens      bool
	oauth         oauthFlags
	limits        bool
	data          string
	dkimKeys      string
	certNames     list
	clientCert    string
	clientCA      string
	user          string
	userDomains   list
	userGroups    list
	mechanism     string
	from          string
	to            list
	recipients    recipientFlags
	size          int64

	authors         list
	header          list
	headerSize      int64
	hops, localHops int
}

func (f *explainFlags) register(fs *flag.FlagSet) {
	f.policyFlags.register(fs)
	fs.StringVar(&f.remote, "remote", "", "the client's `IP`")
	fs.StringVar(&f.local, "local", "", "`IP:PORT` that the client connects to (default: every one that the policy has a binding for)")
	fs.StringVar(&f.helo, "helo", "client.example", "`NAME` that the client gives at EHLO")
	fs.BoolVar(&f.tls, "tls", false, "the client starts TLS")
	fs.BoolVar(&f.noCert, "no-cert", false, "the relay has no certificate, as serve without -cert: it refuses STARTTLS, and doesn't serve port 465")
	fs.Var(&f.certNames, "cert-name", "`NAME` that the client's certificate proves, with -tls; may be repeated")
	fs.StringVar(&f.clientCert, "client-cert", "", "PEM `FILE` with the certificate that the client shows, with -tls")
	fs.StringVar(&f.clientCA, "client-ca", "", "PEM `FILE` with the authorities of clients, as of serve (default: the system's for partners, and none for users)")
	fs.StringVar(&f.user, "user", "", "`NAME` that the client logs on with")
	fs.Var(&f.userDomains, "user-domain", "`DOMAIN` of which that user may send as any address, or *.DOMAIN for the domains below it; beside those that -users knows; may be repeated")
	fs.Var(&f.userGroups, "user-group", "`GROUP` of which that user is a member, beside those that -users knows; may be repeated")
	fs.StringVar(&f.mechanism, "auth", "", "SASL `MECHANISM` by which it does (default: one that is offered)")
	f.userFlags.register(fs)
	fs.BoolVar(&f.noUsers, "no-users", false, "the relay has no users, as serve without -users, -passwd and -ldap: it refuses AUTH")
	fs.StringVar(&f.tokens, "tokens", "", "`FILE` of the identity provider whose tokens the relay accepts, as of serve")
	fs.StringVar(&f.token, "token", "", "the client logs on with the access token in `FILE`; - is standard input; needs -tokens, and checks the token as serve does")
	fs.BoolVar(&f.noTokens, "no-tokens", false, "the relay accepts no tokens, as serve without -tokens")
	f.oauth.registerFile(fs)
	fs.StringVar(&f.dkimKeys, "dkim-keys", "", "the `DIR` of serve with the keys that sign mail: say which of them sign the message")
	fs.BoolVar(&f.limits, "limits", false, "list the limits that hold for the client, without those of other clients")
	fs.StringVar(&f.data, "data", "", "list the limits with their counters, as the gateway has them that runs on `DIR`")
	fs.StringVar(&f.from, "from", "", "the sender's `ADDRESS`; empty or <> is the null sender")
	fs.Var(&f.to, "to", "a recipient's `ADDRESS`; may be repeated")
	f.recipients.registerFiles(fs)
	fs.Int64Var(&f.size, "size", 0, "the message's size in `BYTES`; 0: not known")
	fs.Var(&f.authors, "author", "`ADDRESS` in the header's From or Sender; may be repeated")
	fs.Var(&f.header, "header", "`FIELD` of the header, for the header firewall: X-MS-Exchange-Organization-SCL; may be repeated")
	fs.Int64Var(&f.headerSize, "header-size", 0, "the header's size in `BYTES`; 0: not known")
	fs.IntVar(&f.hops, "hops", 0, "`NUMBER` of Received fields")
	fs.IntVar(&f.localHops, "local-hops", 0, "`NUMBER` of Received fields that name this server")
}

// explainSession registers the flags of gateway explain and returns its runner.
func explainSession(c *cli, fs *flag.FlagSet) runner {
	var f explainFlags
	f.register(fs)
	return func(words []string) int {
		f.files = append(f.files, words...)
		return c.explain(&f)
	}
}

// explain shows a session step by step.
func (c *cli) explain(f *explainFlags) int {
	dialog, err := f.dialog(c)
	if refused := new(auth.TokenError); errors.As(err, &refused) {
		c.invalid(err)
		return exitNo
	}
	if err != nil {
		return c.invalid(err)
	}
	m, err := f.material(c.now())
	if err != nil {
		return c.mistaken(f.json, owner(err, flagFile{"-oauth", f.oauth.file}), err)
	}
	m.limits, m.counters = f.limits || f.data != "", f.data
	l, ok := c.policy(&f.policyFlags)
	if !ok {
		return exitInvalid
	}
	all := explain.Answers(l.Policy, dialog)
	if len(all) == 0 {
		return c.invalid(fmt.Errorf("the policy has no binding that %v could connect to; give -local IP:PORT", dialog.Remote))
	}
	usersUnknown := f.userFlags == (userFlags{})
	if f.json {
		c.printJSON(l.answersJSON(all, usersUnknown, m))
	} else {
		l.printAnswers(c.stdout, all, usersUnknown, m)
	}
	if slices.ContainsFunc(all, func(a explain.Answer) bool { return a.Walk.Accepted() }) {
		return exitOK
	}
	return exitNo
}

// material reads what serve would run with beside the policy, as far as the explanation names it.
func (f *explainFlags) material(now time.Time) (m material, err error) {
	if m, err = sending(f.oauth, f.dkimKeys, now); err != nil {
		return m, err
	}
	err = m.loadShown(f.certs)
	return m, err
}

// dialog makes the session of the flags. The error has all mistakes in them.
func (f *explainFlags) dialog(c *cli) (connector.Dialog, error) {
	d := connector.Dialog{
		Further: f.further(),
		TLS:     f.tls, NoCertificate: f.noCert, NoVerifier: f.noUsers, Mechanism: f.mechanism, Helo: f.helo,
		Size: f.size, HeaderSize: f.headerSize, Hops: f.hops, LocalHops: f.localHops,
	}
	if f.token != "" && f.mechanism == "" {
		d.Mechanism = auth.OAuthBearer
	}
	var errs mistakes
	d.Remote, d.Local = f.addresses(&errs)
	cert, err := f.clientCertificate()
	if err != nil {
		errs = append(errs, err)
	}
	if cert != nil && cert.Verified {
		d.PeerNames = cert.Names
	}
	if proof := f.proof(cert); proof != "" {
		fmt.Fprintf(c.stderr, "gateway %s: %s\n", c.name, proof)
	}
	if from := strings.Trim(f.from, "<>"); from != "" {
		d.From, err = routing.ParseAddress(from)
		errs.add("from", err)
	}
	if len(f.to) == 0 {
		errs.add("to", errors.New("give a recipient"))
	}
	d.To = errs.addresses("to", f.to)
	if d.Exists, err = f.recipients.existing(d.To); err != nil {
		errs = append(errs, err)
	}
	d.Authors = errs.addresses("author", f.authors)
	for _, field := range f.header {
		name, _, _ := strings.Cut(field, ":") // as it stands in a message, value and all
		d.Header = append(d.Header, strings.TrimSpace(name))
	}
	errs.count("size", f.size)
	errs.count("header-size", f.headerSize)
	errs.count("hops", int64(f.hops))
	errs.count("local-hops", int64(f.localHops))
	domains := errs.senderDomains("user-domain", f.userDomains)
	flag, _, err := f.given()
	if err != nil {
		return d, errors.Join(append(errs, err)...)
	}
	if f.noUsers && flag != "" {
		errs.add("no-users", fmt.Errorf("%s gives users; leave out one of the two", flag))
	}
	if f.user != "" || f.token != "" || f.external() {
		flag, id, err := f.identity(c.stdin, cert)
		errs.add(flag, err)
		id.Domains = slices.Concat(id.Domains, domains)
		id.SIDs = slices.Concat(id.SIDs, errs.groups("user-group", f.userGroups))
		d.User = &id
	} else {
		errs.withoutUser("user-domain", f.userDomains)
		errs.withoutUser("user-group", f.userGroups)
	}
	return d, errors.Join(errs...)
}

// addresses returns the addresses of the client and of the relay. A local address that isn't given is invalid.
func (f *explainFlags) addresses(errs *mistakes) (remote netip.Addr, local netip.AddrPort) {
	var err error
	if f.remote == "" {
		errs.add("remote", errors.New("give the client's IP address"))
	} else if remote, err = netip.ParseAddr(f.remote); err != nil {
		errs.add("remote", fmt.Errorf("%q is not an IP address; give one, as in 192.0.2.1", f.remote))
	}
	if f.local != "" {
		if local, err = netip.ParseAddrPort(f.local); err != nil {
			errs.add("local", fmt.Errorf("%q is not an IP address with a port; give IP:PORT, as in 10.2.3.4:25", f.local))
		}
	}
	if local.IsValid() && local.Addr().IsUnspecified() {
		errs.add("local", fmt.Errorf("%v stands for all local addresses; give one, or leave -local out", local.Addr()))
	}
	if local.IsValid() && remote.IsValid() && local.Addr().Unmap().Is4() != remote.Unmap().Is4() {
		errs.add("local", fmt.Errorf("%v can't be connected to from %v: one is IPv4 and the other IPv6", local, remote))
	}
	return remote, local
}

// mistakes are those in the flags.
type mistakes []error

func (m *mistakes) add(flag string, err error) {
	if err != nil {
		*m = append(*m, fmt.Errorf("-%s: %w", flag, err))
	}
}

func (m *mistakes) addresses(flag string, texts []string) []routing.Address {
	var all []routing.Address
	for _, text := range texts {
		a, err := routing.ParseAddress(strings.Trim(text, "<>"))
		m.add(flag, err)
		all = append(all, a)
	}
	return all
}

func (m *mistakes) senderDomains(flag string, texts []string) []auth.SenderDomain {
	var all []auth.SenderDomain
	for _, text := range texts {
		d, err := auth.ParseSenderDomain(strings.TrimPrefix(text, "@"))
		m.add(flag, err)
		all = append(all, d)
	}
	return all
}

// withoutUser adds that a flag about a user is given without the user.
func (m *mistakes) withoutUser(flag string, values []string) {
	if len(values) > 0 {
		m.add(flag, errors.New("give the user with -user NAME"))
	}
}

func (m *mistakes) groups(flag string, names []string) []permission.SID {
	var all []permission.SID
	for _, name := range names {
		group, err := permission.ParsePrincipal(name)
		m.add(flag, err)
		all = append(all, group.SIDs...)
	}
	return all
}

func (m *mistakes) count(flag string, n int64) {
	if n < 0 {
		m.add(flag, errors.New("give 0 or more"))
	}
}

// further returns the mechanisms beside LOGIN and PLAIN that the relay can run.
func (f *explainFlags) further() []auth.SASL {
	certificates := f.clientCA != "" && (f.clientCert != "" || len(f.certNames) > 0)
	return slices.DeleteFunc(auth.WithoutPassword(), func(s auth.SASL) bool {
		return f.noTokens && s.Flags.Has(auth.OAuth) || !certificates && s.Flags.Has(auth.ClientCertificate)
	})
}

// identity returns the identity that the client would prove, and the flag that an error is about.
func (f *explainFlags) identity(stdin io.Reader, cert *auth.Certificate) (flag string, id auth.Identity, err error) {
	users, err := f.loadUsers(nil)
	if err != nil {
		flag, _, _ := f.given()
		return strings.TrimPrefix(flag, "-"), id, err
	}
	defer users.close()
	switch {
	case f.external():
		id, err = f.checkExternal(cert, users)
		return "auth EXTERNAL", id, err
	case f.token != "" && (f.tokens == "" || f.noTokens):
		return "token", id, errors.New("give the file of the identity provider with -tokens")
	case f.tokens != "":
		v, err := loadTokens(f.tokens, users.store, new(providerKeys))
		if err != nil {
			return "tokens", id, err
		}
		if f.token != "" {
			id, err = checkToken(v, f.user, f.token, stdin)
			return "token", id, err
		}
		if users.store == nil {
			return "", jwt.Claims{User: f.user}.Identity(), nil
		}
	}
	if users.store == nil {
		return "", auth.Named(f.user), nil
	}
	id, err = users.find(f.user)
	return strings.TrimPrefix(users.flag, "-"), id, err
}
