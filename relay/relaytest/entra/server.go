package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// App is an application that a Server knows.
type App struct {
	ID     string
	Secret string         // "": it has none
	Key    *rsa.PublicKey // of its certificate; nil: it has none
	Roles  []string       // its permissions in tokens of its own
	Public bool           // persons may log on through it without its secret
}

// Answer is an answer that a script gives in place of the usual one.
type Answer struct {
	Status      int    // 0: 400
	Error       string // of OAuth, invalid_grant
	Description string // AADSTS50173: ...
	RetryAfter  string // the header field; "": it is left out
	Body        string // the whole body, in place of Error and Description
	Location    string // of a redirect
}

// Server is a token server. It is safe for concurrent use; its fields must not change while
// it answers.
type Server struct {
	Apps []App
	// ServiceAccounts are the keys of Google's service accounts by their addresses.
	ServiceAccounts map[string]*rsa.PublicKey
	Lifetime        time.Duration // of access tokens; 0: an hour
	// Rotate makes every refresh token work once.
	Rotate bool
	// Script, if not nil, is called with the parameters of each request to the token endpoint.
	// It returns nil for the usual answer. It may block.
	Script func(params url.Values) *Answer

	key *rsa.PrivateKey

	mu       sync.Mutex
	requests []url.Values
	issued   map[string]bool   // access tokens that are valid; false: revoked
	refresh  map[string]string // accounts by refresh token
	codes    map[string]*code  // by device code
}

// code is a device code.
type code struct {
	user    string // what the person enters
	client  string
	account string // "": no person has logged on yet
	denied  bool
}

// NewServer returns a Server without applications, with a new key.
func NewServer() (*Server, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return &Server{key: key, issued: map[string]bool{}, refresh: map[string]string{}, codes: map[string]*code{}}, nil
}

// SetApps replaces the Apps while s answers.
func (s *Server) SetApps(apps ...App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Apps = apps
}

// findApp returns the application with an id, nil if there is no such one.
func (s *Server) findApp(id string) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.Apps {
		if a.ID == id {
			return &a
		}
	}
	return nil
}

// Requests returns the parameters of the requests to the token endpoint.
func (s *Server) Requests() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]url.Values(nil), s.requests...)
}

// Accepts reports whether an access token is one of s, has not expired and was not revoked. It
// fits the Tokens of a relaytest.Sink. The user must be the account of the token, unless
// that is an application.
func (s *Server) Accepts(user, token string) bool {
	parsed, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return &s.key.PublicKey, nil }, jwt.WithValidMethods([]string{"RS256"}))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || !s.issued[token] {
		return false
	}
	account, ok := parsed.Claims.(jwt.MapClaims)["upn"].(string)
	return !ok || strings.EqualFold(account, user)
}

// RevokeTokens makes all access tokens invalid that were issued until now.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token := range s.issued {
		s.issued[token] = false
	}
}

// RevokeLogons makes all refresh tokens invalid, as a new password does.
func (s *Server) RevokeLogons() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.refresh)
}

// NewLogon returns a refresh token of an account.
func (s *Server) NewLogon(account string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newLogon(account)
}

func (s *Server) newLogon(account string) string {
	token := "1." + rand.Text() + rand.Text()
	s.refresh[token] = account
	return token
}

// Approve logs an account on with the code that a person was asked to enter. It returns false
// if there is no such code.
func (s *Server) Approve(userCode, account string) bool {
	return s.decide(userCode, func(c *code) { c.account = account })
}

// Deny declines the logon with a code.
func (s *Server) Deny(userCode string) bool {
	return s.decide(userCode, func(c *code) { c.denied = true })
}

func (s *Server) decide(userCode string, change func(*code)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.codes {
		if c.user == userCode {
			change(c)
			return true
		}
	}
	return false
}

// Sign returns a JWT with the claims, signed with the key of s. exp is an hour ahead unless it
// is given.
func (s *Server) Sign(claims map[string]any) (string, error) {
	all := jwt.MapClaims{"iss": "https://sts.windows.net/contoso/", "iat": time.Now().Unix(), "exp": time.Now().Add(s.lifetime()).Unix(), "jti": rand.Text()}
	for name, value := range claims {
		all[name] = value
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, all)
	t.Header["kid"] = "entra-test"
	return t.SignedString(s.key)
}

func (s *Server) lifetime() time.Duration {
	if s.Lifetime == 0 {
		return time.Hour
	}
	return s.Lifetime
}

// ServeHTTP implements http.Handler: the end of the path decides between the token endpoint,
// the one for device codes, and the JWKS document. At /oauth2/token it is Entra's endpoint v1.0, where
// an application names a resource in place of scopes.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/keys"):
		s.keys(w)
	case r.Method != http.MethodPost || r.ParseForm() != nil:
		http.Error(w, "POST a form", http.StatusMethodNotAllowed)
	case strings.HasSuffix(path, "/devicecode"):
		s.device(w, r.PostForm)
	case strings.HasSuffix(path, "/token"):
		s.token(w, r.PostForm, strings.HasSuffix(path, "/oauth2/token"))
	default:
		http.NotFound(w, r)
	}
}

// answer writes a JSON object.
func answer(w http.ResponseWriter, status int, fields map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(fields)
}

// write writes a.
func (a *Answer) write(w http.ResponseWriter) {
	status := a.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	if a.RetryAfter != "" {
		w.Header().Set("Retry-After", a.RetryAfter)
	}
	if a.Location != "" {
		w.Header().Set("Location", a.Location)
	}
	if a.Body != "" {
		if strings.HasPrefix(a.Body, "{") {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(a.Body))
		return
	}
	answer(w, status, map[string]any{"error": a.Error, "error_description": a.Description, "correlation_id": rand.Text()})
}

// refuse returns the answer for one of Entra's errors.
func refuse(err string, number int, text string) *Answer {
	return &Answer{Error: err, Description: "AADSTS" + strconv.Itoa(number) + ": " + text + " Trace ID: 0 Correlation ID: 0 Timestamp: 2026-11-29 12:00:00Z"}
}
