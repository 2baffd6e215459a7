package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/oauth"
)

// oauthCommand is gateway oauth with its flags.
type oauthCommand struct {
	*cli
	serveFlags
	connector string
	host      param.SmartHost // zero: it isn't given
	any       bool            // an account that isn't the mailbox may log on
	settings  *oauth.Settings
	config    *oauth.Config // of the connector and the host
}

// runOAuth registers the flags of gateway oauth and returns its runner.
func runOAuth(c *cli, fs *flag.FlagSet) runner {
	o := &oauthCommand{cli: c}
	o.policyFlags.register(fs)
	o.oauth.register(fs)
	fs.StringVar(&o.connector, "connector", "", "the `NAME` of the Send connector")
	fs.TextVar(&o.host, "host", param.SmartHost{}, "the smart `HOST` of the connector, if it has settings with SmartHost (default: the settings without SmartHost)")
	fs.BoolVar(&o.any, "any-account", false, "login: store the logon of an account that has another name than the mailbox, in place of the stored one, too")
	fs.StringVar(&o.data, "data", "", "the `DIR` of serve")
	fs.Var(&o.dns, "dns", "use the name server at `ADDR`; may be repeated (default: the system's)")
	fs.Var(&o.connectTo, "connect-to", "`HOST:PORT:ADDR:PORT`: connect to ADDR:PORT in place of HOST:PORT, as with curl; may be repeated")
	return func(words []string) int { return c.oauthAction(o, words) }
}

// oauthAction does the action that words begin with.
func (c *cli) oauthAction(o *oauthCommand, words []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if code, done := o.prepare(words); done {
		return code
	}
	if words[0] == "login" {
		return o.login(ctx)
	}
	return o.test(ctx)
}

// prepare checks the flags and reads the settings. If done, the command ends with code.
func (o *oauthCommand) prepare(words []string) (code int, done bool) {
	switch {
	case len(words) != 1 || words[0] != "login" && words[0] != "test":
		return o.invalid(errors.New("give one action: login or test")), true
	case o.any && words[0] != "login":
		return o.invalid(errors.New("-any-account is for login; leave it out")), true
	case o.connector == "":
		return o.invalid(errors.New("-connector is missing: give the name of the Send connector")), true
	case o.oauth.file == "":
		return o.invalid(errors.New("-oauth is missing: give the file with the settings for tokens")), true
	}
	var err error
	if o.settings, err = o.oauth.load(); err != nil {
		return o.mistaken(o.json, oauthFile, err), true
	}
	if err := o.find(); err != nil {
		return o.invalid(fmt.Errorf("%s: %w", o.oauth.file, err)), true
	}
	return 0, false
}

// find finds the settings of the connector and the host.
func (o *oauthCommand) find() error {
	if o.config = o.settings.Find(o.connector, o.host); o.config != nil {
		return nil
	}
	var names, hosts []string
	for i := range o.settings.Connectors {
		c := &o.settings.Connectors[i]
		if strings.EqualFold(c.Name, o.connector) {
			hosts, o.config = append(hosts, c.SmartHost.String()), c
		}
		names = append(names, strconv.Quote(c.Name))
	}
	switch list := strings.Join(hosts, ", "); {
	case len(hosts) == 0:
		return fmt.Errorf("there are no settings for the connector %q, only for %s", o.connector, cmp.Or(strings.Join(slices.Compact(names), ", "), "none"))
	case o.host.IsValid():
		return fmt.Errorf("the connector %q has no settings for %v, only for %s", o.connector, o.host, list)
	case len(hosts) > 1:
		return fmt.Errorf("the connector %q has settings for several smart hosts; give -host with one of %s", o.connector, list)
	}
	return nil
}

// account returns the smart hosts of a connector that get the tokens, of these only that of -host if it is given, and
// the user with which the gateway logs on to them.
func (o *oauthCommand) account(out *connector.Outbound) (hosts []param.SmartHost, user string, err error) {
	set := out.Settings()
	for _, host := range set.SmartHosts {
		if o.settings.Find(out.Name(), host) != o.config || o.host.IsValid() && o.host != host {
			continue
		}
		own := set.CredentialFor(host)
		if own != nil && len(hosts) > 0 && own.UserName != user {
			return nil, "", fmt.Errorf("the smart hosts of the connector %q have several users; give -host with one of them", out.Name())
		}
		hosts = append(hosts, host)
		if own != nil {
			user = own.UserName
		}
	}
	if len(hosts) == 0 {
		return nil, "", fmt.Errorf("no smart host of the Send connector %q gets these tokens; correct -host, or SmartHost in %s", out.Name(), o.oauth.file)
	}
	return hosts, user, nil
}

// sources returns the sources of tokens, which use the network as the gateway does.
func (o *oauthCommand) sources() (*oauth.Sources, *detours, error) {
	dialing, err := o.dialing()
	if err != nil {
		return nil, nil, err
	}
	return &oauth.Sources{Dir: o.oauth.tokens(o.data), Client: dialing.webClient()}, dialing, nil
}

// login logs a person on by a device code and stores the refresh token.
func (o *oauthCommand) login(ctx context.Context) int {
	sources, _, err := o.sources()
	switch {
	case err != nil:
		return o.invalid(err)
	case o.config.Grant != oauth.DeviceCode:
		return o.invalid(fmt.Errorf("%s: the connector %q has Grant %s, with which no person logs on; gateway oauth test says whether it gets tokens", o.oauth.file, o.config.Name, o.config.Grant))
	case sources.Dir == "":
		return o.invalid(errors.New("-data is missing: give the directory of the gateway, or that of refresh tokens with -oauth-tokens"))
	}
	mailbox, code, failed := o.mailbox()
	if failed {
		return code
	}
	account := mailbox
	if o.any {
		account = oauth.AnyAccount
	}
	logon, err := sources.Login(ctx, o.config, account, func(p oauth.Prompt) {
		if mailbox != "" {
			fmt.Fprintf(o.stdout, "The mailbox that sends is %s.\n", mailbox)
		}
		fmt.Fprintf(o.stdout, "To log on for the connector %q, open %s\nand enter the code %s", o.config.Name, p.URL, p.Code)
		if !p.Expires.IsZero() {
			fmt.Fprintf(o.stdout, " before %s", p.Expires.Local().Format(time.TimeOnly))
		}
		fmt.Fprintln(o.stdout)
	})
	if err != nil {
		return o.refused(err)
	}
	who := logon.User
	if who == "" {
		who = "an account that the token server doesn't name"
	}
	fmt.Fprintf(o.stdout, "logged on: %s\nstored in %s; a running gateway uses it within seconds\n", who, sources.Dir)
	return exitOK
}

// mailbox returns the user at the smart hosts, by the policy; "" without a policy. If failed, the policy is
// wrong, and the command ends with code.
func (o *oauthCommand) mailbox() (user string, code int, failed bool) {
	if len(o.policyFlags.files) == 0 {
		return "", 0, false
	}
	o.policyFlags.fqdn = o.machine()
	l, ok := o.policy(&o.policyFlags)
	if !ok {
		return "", exitInvalid, true
	}
	out := findSend(l.Policy, o.connector)
	if out == nil {
		return "", o.invalid(fmt.Errorf("the policy has no Send connector %q of this server", o.connector)), true
	}
	_, user, err := o.account(out)
	if err != nil {
		return "", o.invalid(err), true
	}
	return user, 0, false
}

// refused prints why a token server gives no token and returns the exit code.
func (o *oauthCommand) refused(err error) int {
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(o.stderr, "gateway oauth: %s\n", why(err))
	return exitNo
}

// why returns an error of the tokens on several lines: the cause, the words of the token server and the
// cure.
func why(err error) string {
	var e *oauth.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString(e.Detail + " (" + string(e.Cause) + ")")
	if e.Words != "" || e.Code != "" {
		fmt.Fprintf(&b, "\n    the token server says: %s %s", e.Code, strings.TrimPrefix(e.Words, e.Code+": "))
	}
	switch {
	case e.Cure != "":
		fmt.Fprintf(&b, "\n    fix: %s", e.Cure)
	case e.Temporary():
		b.WriteString("\n    fix: wait; the gateway tries again by itself, and mail waits on the queue")
	}
	return b.String()
}
