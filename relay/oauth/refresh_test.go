package oauth_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"

	"github.com/interchange-smtp/interchange/relay/event"
	"github.com/interchange-smtp/interchange/relay/oauth"
	"github.com/interchange-smtp/interchange/relay/relaytest/entra"
)

// login logs an account on with a device code, which the person enters after some time.
func (w *world) login(c oauth.Config, account string) *oauth.Logon {
	w.Helper()
	got, err := w.sources.Login(w.Context(), &c, account, func(p oauth.Prompt) {
		if p.URL != "https://microsoft.com/devicelogin" || time.Until(p.Expires).Round(time.Second) != 15*time.Minute {
			w.Errorf("%+v", p)
		}
		time.AfterFunc(12*time.Second, func() { w.server.Approve(p.Code, account) })
	})
	if err != nil {
		w.Fatal(err)
	}
	return got
}

// A running gateway takes a logon up, uses each refresh token once, and says so when the logon
// was revoked; it doesn't send a refused token again, and takes the next logon up.
func TestDeviceCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Rotate = true
		source := set(t, w.sources, person())
		_, err := source.Token(t.Context())
		w.cause(err, oauth.CauseLogonNeeded, "run gateway oauth login")
		if got := w.login(person(), "scan@contoso.com"); got.User != "scan@contoso.com" || time.Since(got.Time) > time.Second {
			t.Errorf("%+v", got)
		}
		asked := len(w.server.Requests())
		time.Sleep(11 * time.Second)
		w.must(source.Token(t.Context()))
		if got := w.server.Requests()[asked]; got.Get("grant_type") != "refresh_token" || got.Get("scope") != "https://outlook.office.com/SMTP.Send offline_access" {
			t.Errorf("%v", got)
		}
		time.Sleep(24 * time.Hour)
		w.must(source.Token(t.Context()))
		used := map[string]bool{}
		for _, r := range w.server.Requests() {
			if token := r.Get("refresh_token"); token != "" && used[token] {
				t.Error("a refresh token was used twice")
			} else {
				used[token] = true
			}
		}
		w.private()

		w.server.RevokeLogons()
		time.Sleep(2 * time.Hour)
		_, err = source.Token(t.Context())
		w.cause(err, oauth.CauseLogonNeeded, "AADSTS50173")
		asked = len(w.server.Requests())
		if time.Sleep(50 * time.Minute); len(w.server.Requests()) > asked+1 {
			t.Error("a refused token is sent again and again")
		}
		w.login(person(), "scan@contoso.com")
		time.Sleep(11 * time.Second)
		w.must(source.Token(t.Context()))
	})
}

// private checks that only the owner can read what is stored.
func (w *world) private() {
	entries, err := os.ReadDir(w.sources.Dir)
	if err != nil || len(entries) != 2 {
		w.Errorf("%v, %v", entries, err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
			w.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

// Two processes with one directory take turns, and never lose the refresh token.
func TestTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Rotate = true
		w.login(person(), "scan@contoso.com")
		c := person()
		other := w.process(w.sources.Dir)
		w.server.Script = func(url.Values) *entra.Answer { time.Sleep(time.Second); return nil }
		var all sync.WaitGroup
		for range 4 {
			for _, s := range []*oauth.Sources{w.sources, other} {
				all.Go(func() {
					if got, err := s.Fetch(t.Context(), &c, ""); err != nil {
						t.Error(err)
					} else {
						w.must(got.Access, nil)
					}
				})
			}
		}
		all.Wait()
	})
}

// A refresh token that can't be stored is used from memory, and stored with the next one. It is reported
// after the lock is given back.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Rotate = true
		w.login(person(), "scan@contoso.com")
		away := w.sources.Dir + ".away"
		w.server.Script = func(url.Values) *entra.Answer {
			if err := os.Rename(w.sources.Dir, away); err != nil {
				t.Error(err)
			}
			return nil
		}
		w.sources.Events = append(w.sources.Events, func(_ context.Context, e event.Event) {
			if e.Kind != event.TokenNotStored {
				return
			}
			lock := flock.New(filepath.Join(away, "out.lock"))
			if free, err := lock.TryLock(); !free {
				t.Errorf("other processes wait for the reader: %v", err)
			}
			lock.Close()
		})
		source := set(t, w.sources, person())
		w.must(source.Token(t.Context()))
		w.server.Script = nil
		if e := w.next(event.TokenNotStored, event.TokenFetched)[0]; !strings.Contains(e.Err.Error(), w.sources.Dir) {
			t.Errorf("%+v", e)
		}
		if !strings.Contains(w.log.String(), `level=ERROR msg="cannot store the OAuth refresh token" connector=Out`) {
			t.Errorf("the log is %s", w.log.String())
		}
		if err := os.Rename(away, w.sources.Dir); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			time.Sleep(time.Hour)
			w.must(source.Token(t.Context()))
		}
		c := person() // what is on disk is the present one
		if _, err := w.process(w.sources.Dir).Fetch(t.Context(), &c, ""); err != nil {
			t.Error(err)
		}
	})
}

// TestStoredMode: a stored token that others may read becomes the owner's alone when it is replaced.
func TestStoredMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the mode of a file doesn't say who may read it")
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Rotate = true
		w.login(person(), "scan@contoso.com")
		file := filepath.Join(w.sources.Dir, "out.json")
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		w.must(set(t, w.sources, person()).Token(t.Context()))
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	})
}

// A refresh token of the settings begins a chain that is stored; another one in its place
// begins another.
func TestRefreshToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server.Rotate = true
		file := write(t, "token", w.server.NewLogon("scan@contoso.com")+"\n")
		c := oauth.Config{Name: "Out", Provider: oauth.Microsoft365, Grant: oauth.RefreshToken, ClientID: appID, RefreshToken: oauth.Secret{File: file}}
		for range 3 {
			if got, err := w.fetch(c); err != nil || got.Account != "scan@contoso.com" || got.Rights[0] != "SMTP.Send" {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if err := os.WriteFile(file, []byte(w.server.NewLogon("kim@contoso.com")), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := w.fetch(c); err != nil || got.Account != "kim@contoso.com" {
			t.Errorf("%+v, %v", got, err)
		}
		w.server.RevokeLogons()
		_, err := w.fetch(c)
		w.cause(err, oauth.CauseLogonNeeded, "put a new one in the place of RefreshToken")
		c.RefreshToken.File = "/absent"
		_, err = w.fetch(c)
		w.cause(err, oauth.CauseUnreadable, "/absent: no such file")
	})
}

// A stored logon serves only the application that it was made with, and a damaged file or a
// lock that is held is said so.
func TestStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.login(person(), "scan@contoso.com")
		c := person()
		c.Tenant = "fabrikam.com"
		_, err := w.fetch(c)
		w.cause(err, oauth.CauseLogonNeeded, "another application or tenant")
		if err := os.WriteFile(filepath.Join(w.sources.Dir, "out.json"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = w.fetch(person())
		w.cause(err, oauth.CauseUnreadable, "out.json: it is damaged")
		if err := os.Truncate(filepath.Join(w.sources.Dir, "out.json"), 1<<20+1); err != nil {
			t.Fatal(err)
		}
		_, err = w.fetch(person())
		w.cause(err, oauth.CauseUnreadable, "out.json: too large: ")
		held := flock.New(filepath.Join(w.sources.Dir, "out.lock"))
		if ok, err := held.TryLock(); !ok {
			t.Fatal(err)
		}
		_, err = w.fetch(person())
		w.cause(err, oauth.CauseUnreadable, "out.lock: another process has locked it")
		if err := held.Unlock(); err != nil {
			t.Error(err)
		}
		_, err = (&oauth.Sources{}).Fetch(t.Context(), &c, "")
		w.cause(err, oauth.CauseUnreadable, "no directory")
		_, err = w.process("/dev/null/x").Fetch(t.Context(), &c, "")
		w.cause(err, oauth.CauseUnreadable, "/dev/null/x")

		for _, name := range []string{"a/b", "..", strings.Repeat("ä", 64), "Aux:*"} { // as file names
			c := person()
			c.Name = name
			_, err := w.fetch(c)
			w.cause(err, oauth.CauseLogonNeeded, "")
		}
		if up, _ := filepath.Glob(filepath.Join(filepath.Dir(w.sources.Dir), "*.json")); len(up) > 0 {
			t.Errorf("files outside of the directory: %v", up)
		}
	})
}

// Every way in which a logon with a device code can fail.
func TestLoginFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		login := func(c oauth.Config, ask func(oauth.Prompt)) error {
			_, err := w.sources.Login(t.Context(), &c, "", ask)
			return err
		}
		ignore := func(oauth.Prompt) {}
		w.cause(login(person(), func(p oauth.Prompt) { w.server.Deny(p.Code) }), oauth.CausePermission, "declined")
		begin := time.Now()
		w.cause(login(person(), ignore), oauth.CauseLogonNeeded, "expired before")
		if d := time.Since(begin).Round(time.Second); d != 15*time.Minute {
			t.Errorf("the code was asked for %v", d)
		}
		c := person()
		c.ClientID = "unknown"
		w.cause(login(c, ignore), oauth.CauseApplication, "AADSTS700016")
		c = person()
		c.Scopes = []string{"https://outlook.office.com/SMTP.Send"}
		w.cause(login(c, func(p oauth.Prompt) { w.server.Approve(p.Code, "a@contoso.com") }), oauth.CauseRequest, "offline_access")
		c = person()
		c.ClientSecret.File = "/absent"
		w.cause(login(c, ignore), oauth.CauseUnreadable, "/absent")
		if err := login(app(), ignore); err == nil || !strings.Contains(err.Error(), "no person logs on") {
			t.Error(err)
		}
		c = person()
		if _, err := (&oauth.Sources{}).Login(t.Context(), &c, "", ignore); err == nil {
			t.Error("logged on without a directory")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := w.sources.Login(ctx, &c, "", ignore); err != context.DeadlineExceeded {
			t.Error(err)
		}
		w.server.Apps[0].Public = false
		w.cause(login(person(), ignore), oauth.CauseSecret, "public client flows")
		file, key := writeCertificate(t, time.Now().AddDate(1, 0, 0))
		w.server.Apps[0].Key = &key.PublicKey
		c = person()
		c.Certificate, c.Resource, c.Scopes = file, "https://outlook.office.com", []string{"offline_access"}
		c.TokenURL = "https://login.microsoftonline.com/organizations/oauth2/token"
		if err := login(c, func(p oauth.Prompt) { w.server.Approve(p.Code, "a@contoso.com") }); err != nil {
			t.Error(err)
		}
	})
}

// TestLoginOtherAccount: the logon of another account than the one that must log on, or than the stored one, isn't
// stored, and that before goes on working. AnyAccount lets it be stored.
func TestLoginOtherAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stored := func() string {
			w.Helper()
			c := person()
			got, err := w.fetch(c)
			if err != nil {
				w.Fatal(err)
			}
			return got.Account
		}
		for _, tc := range []struct {
			must, who string
			cure      string // "": the logon is stored
			stored    string // afterwards
		}{
			{"", "scan@contoso.com", "", "scan@contoso.com"},
			{"", "kim@contoso.com", "log on again as scan@contoso.com", "scan@contoso.com"},
			{"scan@contoso.com", "kim@contoso.com", "log on again as scan@contoso.com", "scan@contoso.com"},
			{"Scan@Contoso.com", "scan@contoso.com", "", "scan@contoso.com"},
			{oauth.AnyAccount, "kim@contoso.com", "", "kim@contoso.com"},
			{"", "kim@contoso.com", "", "kim@contoso.com"},
			{"scan@contoso.com", "kim@contoso.com", "log on again as scan@contoso.com", "kim@contoso.com"},
			{"scan@contoso.com", "scan@contoso.com", "", "scan@contoso.com"},
		} {
			c := person()
			got, err := w.sources.Login(t.Context(), &c, tc.must, func(p oauth.Prompt) { w.server.Approve(p.Code, tc.who) })
			if tc.cure != "" {
				w.cause(err, oauth.CauseOtherAccount, tc.cure)
			} else if err != nil || got.User != tc.who {
				t.Errorf("%+v: %v, %v", tc, got, err)
			}
			if now := stored(); now != tc.stored {
				t.Errorf("%+v: the stored logon is that of %s", tc, now)
			}
		}
	})
}
