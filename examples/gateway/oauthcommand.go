package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/interchange-smtp/interchange/relay/oauth"
)

// oauthCommand is gateway oauth with its flags.
type oauthCommand struct {
	*cli
	serveFlags
	connector string
	config    *oauth.Config // of the connector
}

// runOAuth logs a person on for a Send connector, or tests the logon of one.
func runOAuth(c *cli, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	o := &oauthCommand{cli: c}
	fs := c.flags("login|test -connector NAME -config FILE -oauth FILE -data DIR")
	o.policyFlags.register(fs)
	o.oauth.register(fs)
	fs.StringVar(&o.connector, "connector", "", "the `NAME` of the Send connector")
	fs.StringVar(&o.data, "data", "", "the `DIR` of serve")
	fs.StringVar(&o.dns, "dns", "", "use the name server at `ADDR` (default: the system's)")
	fs.Var(&o.connectTo, "connect-to", "`HOST:PORT:ADDR:PORT`: connect to ADDR:PORT in place of HOST:PORT, as with curl; may be repeated")
	var words []string
	if code, done := c.parseMixed(fs, args, func(word string) { words = append(words, word) }); done {
		return code
	}
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
	case o.connector == "":
		return o.invalid(errors.New("-connector is missing: give the name of the Send connector")), true
	case o.oauth.file == "":
		return o.invalid(errors.New("-oauth is missing: give the file with the settings for tokens")), true
	}
	settings, err := o.oauth.load()
	if err != nil {
		return o.mistaken(o.json, oauthFile, err), true
	}
	o.config = settings.Find(o.connector)
	if o.config == nil {
		return o.invalid(fmt.Errorf("%s: there are no settings for the connector %q, only for %s", o.oauth.file, o.connector, named(settings))), true
	}
	return 0, false
}

// named returns the connectors that have settings.
func named(s *oauth.Settings) string {
	names := make([]string, len(s.Connectors))
	for i, c := range s.Connectors {
		names[i] = strconv.Quote(c.Name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
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
	logon, err := sources.Login(ctx, o.config, func(p oauth.Prompt) {
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
	if wrong := o.stranger(logon.User, mailbox); wrong != "" {
		fmt.Fprintf(o.stderr, "gateway oauth: %s\n", wrong)
		return exitNo
	}
	return exitOK
}

// mailbox returns the user of the connector, by the policy; "" without a policy. If failed, the policy is
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
	if c := out.Settings().AuthenticationCredential; c != nil {
		user = c.UserName
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
