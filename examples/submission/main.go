// Command submission takes mail from users in an SQL database. A user may send as any address
// of its tenant's domain, and that mail leaves by the Send connector with the domain's name:
//
//	PASSWORD=secret submission -db users.db -add ann -tenant contoso.com
//	submission -db users.db -data /var/lib/submission -cert mail.pem -key mail.key connectors.ps1
package main

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"flag"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/auth/userfile"
	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/relay/envelope"
	"github.com/interchange-smtp/interchange/relay/gateway"
	"github.com/interchange-smtp/interchange/routing"
	_ "modernc.org/sqlite" // or any other driver
)

func main() {
	file, data := flag.String("db", "users.db", "`FILE` of the users"), flag.String("data", "/var/lib/submission", "`DIR`ectory of the queue")
	cert, key := flag.String("cert", "mail.pem", "`FILE` of the certificate"), flag.String("key", "mail.key", "`FILE` of its key")
	add, tenant := flag.String("add", "", "`NAME` of a user to add"), flag.String("tenant", "", "`DOMAIN` of that user")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	u, err := open(ctx, *file)
	if err == nil && *add != "" {
		err = u.add(ctx, *add, *tenant, auth.Secret(os.Getenv("PASSWORD")))
	} else if err == nil {
		var certificate tls.Certificate
		if certificate, err = tls.LoadX509KeyPair(*cert, *key); err == nil {
			err = run(ctx, u, []tls.Certificate{certificate}, *data, flag.Args()...)
		}
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, u *users, certificates []tls.Certificate, data string, files ...string) error {
	loaded, err := load.Files(ctx, load.Options{}, files...)
	if err != nil {
		return err
	}
	defer u.db.Close()
	g := &gateway.Gateway{Config: gateway.Config{Policy: loaded.Policy, Verifier: u, Certificates: certificates}, Dir: data, Logger: slog.Default()}
	g.Dispatcher.SendConnector = func(env *envelope.Envelope, _ routing.Address) string {
		tenant, _, _ := strings.Cut(env.User, `\`)
		return tenant // "" for delivery reports, which the policy routes
	}
	return g.Run(ctx)
}

// users is an auth.Verifier.
type users struct {
	db      *sql.DB
	checker userfile.Checker // bounds the memory for all passwords that are checked at once
}

func open(ctx context.Context, file string) (*users, error) {
	db, err := sql.Open("sqlite", file)
	if err == nil {
		_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, tenant TEXT NOT NULL, hash TEXT NOT NULL)`)
	}
	return &users{db: db}, err
}

func (u *users) add(ctx context.Context, name, tenant string, password auth.Secret) error {
	hash, err := userfile.Hash(password)
	if err == nil {
		_, err = u.db.ExecContext(ctx, `INSERT INTO users (name, tenant, hash) VALUES (?, ?, ?)`, name, tenant, hash)
	}
	return err
}

// Verify checks a password. An error that isn't ErrBadCredentials makes the client try again.
func (u *users) Verify(ctx context.Context, c auth.Credentials, _ auth.Channel) (auth.Identity, error) {
	var tenant, hash string // "" for an unknown user, which takes as long to refuse
	row := u.db.QueryRowContext(ctx, `SELECT tenant, hash FROM users WHERE name = ?`, c.Username)
	if err := row.Scan(&tenant, &hash); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return auth.Identity{}, err
	}
	if err := u.checker.Check(ctx, hash, c.Password); err != nil {
		return auth.Identity{}, err
	}
	domain, err := auth.ParseSenderDomain(tenant)
	return auth.Identity{Principal: permission.Authenticated(tenant + `\` + c.Username), Domains: []auth.SenderDomain{domain}}, err
}
