package dialog_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/console/internal/dialog"
	"github.com/interchange-smtp/interchange/permission"
)

// TestGatewayAccount looks up the accounts that the policy lets send for others: one that can log on is enough.
func TestGatewayAccount(t *testing.T) {
	const grant = `Add-ADPermission "Default HubA" -ExtendedRights ms-Exch-SMTP-Accept-Any-Sender -User `
	const away = "New-ReceiveConnector Away -Server HubB -Bindings 10.0.0.9:25 -RemoteIPRanges 10.0.0.8 -Usage Client\n" +
		`Add-ADPermission HubB\Away -ExtendedRights ms-Exch-SMTP-Accept-Any-Sender -User there@fabrikam.com`
	known := map[string]error{
		"here@fabrikam.com": nil, "locked@fabrikam.com": fmt.Errorf("the file has no password of it: %w", auth.ErrBadCredentials),
		"down@fabrikam.com": errors.New("the directory doesn't answer"), "there@fabrikam.com": nil,
	}
	for _, tt := range []struct{ commands, want string }{
		{grant + "here@fabrikam.com", "ok here@fabrikam.com may send for others at Default HubA. That account exists"},
		{grant + "gone@fabrikam.com", "doubtful gone@fabrikam.com may send for others at Default HubA. No account has that name: the list has no such user. If it is a group"},
		{grant + "locked@fabrikam.com", "doubtful locked@fabrikam.com may send for others at Default HubA. That account can't log on with a password: the file has no password of it."},
		{grant + "down@fabrikam.com", "not known down@fabrikam.com may send for others at Default HubA. Whether that account exists can't be found out: the directory doesn't answer."},
		{grant + "'CONTOSO\\Gateways'", "doubtful contoso\\gateways may send"},
		{grant + "'Exchange Servers'", "not known Exchange Servers may send for others at Default HubA. It is a group"},
		{grant + strings.Repeat("long", 11) + "@fabrikam.com", "not known S-1-"},
		{grant + "gone@fabrikam.com\n" + grant + "down@fabrikam.com", "not known gone@fabrikam.com may send"},
		{grant + "down@fabrikam.com\n" + grant + "gone@fabrikam.com", "not known down@fabrikam.com may send"},
		{grant + "gone@fabrikam.com\n" + grant + "here@fabrikam.com\n" + grant + "down@fabrikam.com", "ok gone@fabrikam.com may send"},
		{away, "doubtful No account has the right"},
		{"", "doubtful No account has the right"},
	} {
		cfg, err := run(fresh(permission.Exchange2007), tt.commands, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := sendConnector(t, cfg, "Custom")
		w.next("source-server", "next", "auth=BasicAuth", "user=hub", "password=secret")
		got := w.draft.Prerequisites(dialog.Facts{Logon: func(name string) error {
			err, ok := known[name]
			if !ok {
				err = fmt.Errorf("the list has %w", auth.ErrNoUser)
			}
			return err
		}})
		if len(got) != 1 || !strings.HasPrefix(got[0].State.String()+" "+got[0].Detail, tt.want) || strings.Contains(got[0].Detail, "credentials") {
			t.Errorf("%s:\n%+v\nwant %s", tt.commands, got, tt.want)
		}
	}
}

// TestManyAccounts: a page looks up few of the accounts of a policy with many grants.
func TestManyAccounts(t *testing.T) {
	var commands strings.Builder
	for i := range 50 {
		fmt.Fprintf(&commands, "Add-ADPermission \"Default HubA\" -ExtendedRights ms-Exch-SMTP-Accept-Any-Sender -User user%d@fabrikam.com\n", i)
	}
	cfg, err := run(fresh(permission.Exchange2007), commands.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := sendConnector(t, cfg, "Custom")
	w.next("source-server", "next", "auth=BasicAuth", "user=hub", "password=secret")
	times := 0
	w.draft.Prerequisites(dialog.Facts{Logon: func(string) error { times++; return auth.ErrNoUser }})
	if times != 8 {
		t.Errorf("%d accounts were looked up", times)
	}
}
