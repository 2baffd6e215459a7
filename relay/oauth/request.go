package oauth

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/interchange-smtp/interchange/auth"
)

const (
	// requestTimeout is how long a token server may take to answer.
	requestTimeout = 30 * time.Second
	// unknownLife is the life of a token whose end isn't known.
	unknownLife = 10 * time.Minute
	// maxToken bounds an access token, in bytes.
	maxToken = 64 << 10
)

// token is an access token.
type token struct {
	access  auth.Secret
	expires time.Time
}

// fetcher fetches tokens by one grant. Errors are made by classify.
type fetcher interface {
	fetch(ctx context.Context) (*token, error)
}

// endpoint is a token server as one connector uses it.
type endpoint struct {
	config   *Config
	client   *http.Client
	url      string
	device   string
	scopes   []string
	resource string // "": requests name none
}

// newEndpoint returns the endpoint of c, with the defaults of its Provider. Scopes or a Resource of c
// replace both of the Provider.
func newEndpoint(c *Config, client *http.Client) *endpoint {
	of := c.Provider.provider()
	if c.Provider == "" && c.Grant == ServiceAccount {
		of = Google.provider()
	}
	tenant := strings.NewReplacer("{tenant}", url.PathEscape(cmp.Or(c.Tenant, "organizations")))
	e := &endpoint{config: c, client: safeClient(client), device: cmp.Or(c.DeviceURL, tenant.Replace(of.device)), scopes: c.Scopes, resource: c.Resource}
	switch given := len(c.Scopes) > 0 || c.Resource != ""; {
	case !given && c.TokenURL == "" && c.Grant != DeviceCode && of.resource != "":
		e.resource = of.resource
	case !given && c.Grant.stores():
		e.scopes = of.user
	case !given:
		e.scopes = of.app
	}
	address := of.token
	if e.resource != "" {
		address = cmp.Or(of.resourceToken, of.token)
	}
	e.url = cmp.Or(c.TokenURL, tenant.Replace(address))
	return e
}

// safeClient returns a copy of client that follows no redirects, because they would carry
// secrets to another server, and that has a time limit.
func safeClient(client *http.Client) *http.Client {
	var c http.Client
	if client != nil {
		c = *client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Timeout == 0 {
		c.Timeout = requestTimeout
	}
	return &c
}

// request asks for a token with the parameters of a grant, as the application.
func (e *endpoint) request(ctx context.Context, params url.Values) (*oauth2.Token, error) {
	identity, err := e.identity()
	if err != nil {
		return nil, err
	}
	maps.Copy(params, identity.params)
	if e.resource != "" {
		params.Set("resource", e.resource)
	}
	conf := clientcredentials.Config{
		ClientID: e.config.ClientID, ClientSecret: identity.secret.Reveal(), TokenURL: e.url, Scopes: e.scopes,
		EndpointParams: params, AuthStyle: oauth2.AuthStyleInParams,
	}
	got, err := conf.Token(context.WithValue(ctx, oauth2.HTTPClient, e.client))
	if err != nil {
		return nil, classify(err, append(identity.secrets(), params.Get("assertion"), params.Get("refresh_token"))...)
	}
	return got, nil
}

// identity proves to a token server which application asks.
type identity struct {
	secret auth.Secret
	params url.Values // of an assertion
}

// secrets returns the texts that no error may repeat.
func (id identity) secrets() []string {
	return []string{id.secret.Reveal(), id.params.Get("client_assertion")}
}

// identity reads the application's secret, or signs an assertion with its certificate.
func (e *endpoint) identity() (identity, error) {
	switch {
	case e.config.Certificate != "":
		assertion, err := e.clientAssertion()
		if err != nil {
			return identity{}, unreadable(err)
		}
		return identity{params: url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {assertion},
		}}, nil
	case !e.config.ClientSecret.IsZero():
		secret, err := e.config.ClientSecret.Read()
		if err != nil {
			return identity{}, unreadable(err)
		}
		return identity{secret: secret}, nil
	}
	return identity{}, nil
}

// unreadable is the error of a secret that can't be read.
func unreadable(err error) *Error {
	return &Error{Cause: CauseUnreadable, Detail: err.Error(), Cure: "put it there, readable for the user that runs the gateway", Err: err}
}

// clientGrant is the grant ClientCredentials.
type clientGrant struct{ *endpoint }

func (g clientGrant) fetch(ctx context.Context) (*token, error) {
	got, err := g.request(ctx, url.Values{})
	if err != nil {
		return nil, err
	}
	return accept(got.AccessToken, got.TokenType, got.Expiry)
}

// accept makes a token of an answer. A token whose end isn't given has the one in its claims.
func accept(access, kind string, expires time.Time) (*token, error) {
	now := time.Now()
	if expires.IsZero() {
		if expires = time.Unix(claimsOf(access).Expires, 0); expires.Unix() == 0 {
			expires = now.Add(unknownLife)
		}
	}
	unusable := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case access == "":
		return nil, &Error{Cause: CauseRequest, Detail: "the answer has no access token"}
	case len(access) > maxToken || strings.ContainsFunc(access, unusable):
		return nil, &Error{Cause: CauseRequest, Detail: "the answer has no access token that can be sent to a smart host"}
	case kind != "" && !strings.EqualFold(kind, "Bearer"):
		return nil, &Error{Cause: CauseRequest, Detail: "the answer has a token of another type than Bearer, and smart hosts take no other"} // the type may repeat a secret
	case !expires.After(now):
		return nil, &Error{Cause: CauseClock, Detail: "the token has expired already", Cure: "set this machine's clock"}
	}
	return &token{access: auth.Secret(access), expires: expires}, nil
}

// claims are the parts of a JWT that say whose it is and until when.
type claims struct {
	Expires  int64    `json:"exp"`
	UPN      string   `json:"upn"`
	Username string   `json:"preferred_username"`
	Email    string   `json:"email"`
	Name     string   `json:"unique_name"`
	AppName  string   `json:"app_displayname"`
	Roles    []string `json:"roles"`
	Scope    string   `json:"scp"`
}

// claimsOf reads the claims of a token without a check of its signature: they are shown to
// the administrator, and nothing is decided by them. A token that isn't a JWT has none.
func claimsOf(text string) (c claims) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return c
	}
	if body, err := base64.RawURLEncoding.DecodeString(parts[1]); err != nil || json.Unmarshal(body, &c) != nil {
		return claims{}
	}
	return c
}

// who returns the account that the claims name, "" if they name no account.
func (c claims) who() string {
	all := []string{c.UPN, c.Username, c.Email, c.Name, c.AppName}
	if i := slices.IndexFunc(all, func(s string) bool { return s != "" }); i >= 0 {
		return words(all[i])
	}
	return ""
}

// rights returns the permissions that the claims name.
func (c claims) rights() []string {
	if c.Scope != "" {
		return strings.Fields(words(c.Scope))
	}
	var list []string
	for _, role := range c.Roles {
		list = append(list, words(role))
	}
	return list
}
