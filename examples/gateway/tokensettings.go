package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/relay/oauth"
)

// tokenSettings says how a Send connector gets the tokens for a smart host, without secrets, for machines.
type tokenSettings struct {
	Connector string `json:"connector"`
	SmartHost string `json:"smartHost"`
	Grant     string `json:"grant,omitempty"` // "": the host has no settings
	From      string `json:"from,omitempty"`  // the provider, or the address of its token server
	Tenant    string `json:"tenant,omitempty"`
	ClientID  string `json:"clientId,omitempty"`
	Subject   string `json:"subject,omitempty"` // the mailbox of a service account
	Program   string `json:"program,omitempty"`
}

// registerFile defines the flag for the settings alone.
func (f *oauthFlags) registerFile(fs *flag.FlagSet) {
	fs.StringVar(&f.file, "oauth", "", "the JSON `FILE` of serve with the settings for tokens: say how the Send connectors of the routes get theirs")
}

// tokenSettingsOf returns how the connectors of routes get their tokens for each smart host, in the order of the
// routes; nil without settings.
func tokenSettingsOf(settings *oauth.Settings, routes ...connector.Route) (list []tokenSettings) {
	if settings == nil {
		return nil
	}
	for _, r := range routes {
		set := r.Outbound.Settings()
		if set == nil || r.Via != nil || len(set.SmartHosts) == 0 || !set.SmartHostAuthMechanism.Has(auth.OAuth) {
			continue
		}
		for _, host := range set.SmartHosts {
			if one := tokenSettingsFor(settings, set, host); !slices.Contains(list, one) {
				list = append(list, one)
			}
		}
	}
	return list
}

// tokenSettingsFor returns how a connector gets its tokens for one of its smart hosts.
func tokenSettingsFor(settings *oauth.Settings, set *connector.Send, host param.SmartHost) tokenSettings {
	one := tokenSettings{Connector: set.Name, SmartHost: host.String()}
	c := settings.Find(set.Name, host)
	if c == nil {
		return one
	}
	one.Grant, one.From = c.Grant.String(), cmp.Or(c.TokenURL, string(c.Provider))
	one.Tenant, one.ClientID = c.Tenant, c.ClientID
	if len(c.Command) > 0 {
		one.Program = c.Command[0]
	}
	if c.Grant == oauth.ServiceAccount {
		one.From, one.Subject = cmp.Or(one.From, string(oauth.Google)), cmp.Or(c.Subject, set.CredentialFor(host).UserName)
	}
	return one
}

// printTokenSettings prints a line for each smart host.
func printTokenSettings(w io.Writer, list []tokenSettings) {
	for _, one := range list {
		fmt.Fprintf(w, "tokens of Send connector %q for %s: ", one.Connector, one.SmartHost)
		if one.Grant == "" {
			fmt.Fprintln(w, "there are no settings for it, so it gets no mail")
			continue
		}
		fmt.Fprintf(w, "%s", one.Grant)
		for _, part := range [][2]string{{"from ", one.From}, {"application ", one.ClientID}, {"tenant ", one.Tenant}, {"mailbox ", one.Subject}, {"program ", one.Program}} {
			if part[1] != "" {
				fmt.Fprintf(w, ", %s%s", part[0], part[1])
			}
		}
		fmt.Fprintln(w)
	}
}
