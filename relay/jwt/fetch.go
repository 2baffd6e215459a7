package jwt

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/interchange-smtp/interchange/connector/source"
	"github.com/interchange-smtp/interchange/internal/readlimit"
)

// LoadKeys returns the KeySet of a file with a JSON Web Key Set. The file is read again if a
// token names a key that isn't there.
func LoadKeys(path string) (*KeySet, error) {
	s := &KeySet{where: path, fetch: func(context.Context) ([]byte, error) { return readFile(path) }}
	if err := s.Refresh(context.Background()); err != nil {
		return nil, err
	}
	return s, nil
}

func readFile(path string) ([]byte, error) {
	text, err := readlimit.File(path, maxSet)
	return text, source.FileReason(err) // the KeySet names the file
}

// KeysAt returns the KeySet of a JSON Web Key Set at an https URL, the jwks_uri of the
// provider, which is fetched when it is first needed, by client or, if that is nil, a client
// with the defaults of net/http. Redirects are not followed.
func KeysAt(address string, client *http.Client) (*KeySet, error) {
	u, err := secureURL(address)
	if err != nil {
		return nil, err
	}
	client = withoutRedirects(client)
	return &KeySet{where: u, fetch: func(ctx context.Context) ([]byte, error) { return get(ctx, client, u) }}, nil
}

// KeysOf returns the KeySet of an issuer, an https URL, whose description at
// /.well-known/openid-configuration says where its keys are. client is as for KeysAt.
func KeysOf(issuer string, client *http.Client) (*KeySet, error) {
	u, err := secureURL(issuer)
	if err != nil {
		return nil, err
	}
	client = withoutRedirects(client)
	s := &KeySet{where: u, configuration: strings.TrimSuffix(u, "/") + "/.well-known/openid-configuration"}
	s.fetch = func(ctx context.Context) ([]byte, error) {
		text, err := get(ctx, client, s.configuration)
		if err != nil {
			return nil, err
		}
		var about struct {
			Issuer string `json:"issuer"`
			Keys   string `json:"jwks_uri"`
		}
		if err := json.Unmarshal(text, &about); err != nil {
			return nil, fmt.Errorf("%s is no OpenID configuration", s.configuration)
		}
		if about.Issuer != issuer { // RFC 8414, section 3.3
			return nil, fmt.Errorf("%s is of the issuer %.100q", s.configuration, about.Issuer)
		}
		keys, err := secureURL(about.Keys)
		if err != nil {
			return nil, fmt.Errorf("%s: jwks_uri: %w", s.configuration, err)
		}
		return get(ctx, client, keys)
	}
	return s, nil
}

// secureURL returns the URL that text is, if it is one of https: an attacker who can change
// the keys on their way can log on as any user.
func secureURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return "", fmt.Errorf("%.100q: give a URL that begins with https://", text)
	}
	return u.String(), nil
}

// withoutRedirects returns a copy of client, or a new one, that follows no redirects: they could
// lead away from https.
func withoutRedirects(client *http.Client) *http.Client {
	var c http.Client
	if client != nil {
		c = *client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// get fetches a JSON text.
func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: HTTP status %s", address, resp.Status)
	}
	return readlimit.All(resp.Body, maxSet)
}
