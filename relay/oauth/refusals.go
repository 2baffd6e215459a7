package oauth

// What to do, where it is the same for several refusals.
const (
	cureLogon   = "log on again with gateway oauth login"
	cureSecret  = "make a new client secret (Entra: App registrations, Certificates & secrets) and put its value, not its id, in the place of ClientSecret"
	cureConsent = "give the application the permission (Entra: API permissions, Office 365 Exchange Online; SMTP.SendAsApp for an application, SMTP.Send for a person) and grant admin consent"
	curePolicy  = "exclude the account or the application from the policy (Entra: Conditional Access), or use the grant ClientCredentials, for which no person logs on"
	cureReach   = "see that this machine reaches the token server at port 443 (name server, firewall); the gateway tries again by itself, and mail waits"
	cureRoots   = "install the root certificates of this machine (package ca-certificates); if a firewall opens TLS connections, exempt the token server from that"
	cureAddress = "correct Provider, Tenant, TokenURL and Scopes"
	cureGoogle  = "add the client id of the service account with the scope https://mail.google.com/ (Google Admin: Security, API controls, Domain-wide delegation)"
)

// knownRefusals are the refusals of token servers that are worth telling apart. The first one
// with the code of Entra or of OAuth whose words are in the description applies.
var knownRefusals = []struct {
	code  string
	words string // in lower case
	cause Cause
	detail,
	cure string
}{
	// Entra: the application's secret or certificate.
	{"AADSTS7000222", "", CauseExpired, "the application's client secret has expired", cureSecret},
	{"AADSTS7000215", "", CauseSecret, "the application's client secret is wrong", cureSecret},
	{"AADSTS7000216", "", CauseSecret, "the application has given neither a secret nor a certificate", "give ClientSecret or Certificate"},
	{"AADSTS7000218", "", CauseSecret, "the application has given neither a secret nor a certificate",
		"allow public client flows for it (Entra: App registrations, Authentication), or give ClientSecret"},
	{"AADSTS700027", "", CauseSecret, "the token server doesn't accept the application's certificate", "upload the certificate (Entra: App registrations, Certificates & secrets) and see that it hasn't expired"},
	{"AADSTS700024", "", CauseClock, "the application's assertion is not valid at the token server's time", "set this machine's clock"},
	{"AADSTS700025", "", CauseSecret, "the application is a public client and must not give a secret", "leave out ClientSecret and Certificate"},

	// Entra: what doesn't exist or isn't allowed.
	{"AADSTS700016", "", CauseApplication, "the tenant doesn't know the application", "correct ClientID (Application (client) ID) and Tenant"},
	{"AADSTS90002", "", CauseApplication, "there is no such tenant", "correct Tenant"},
	{"AADSTS900023", "", CauseApplication, "Tenant is neither a domain nor an id", "correct Tenant"},
	{"AADSTS7000112", "", CauseApplication, "the application is disabled", "enable it (Entra: Enterprise applications, Properties)"},
	{"AADSTS500011", "", CauseApplication, "the tenant doesn't have the service that the scope names", "correct Scopes or Provider; the tenant must have Exchange Online"},
	{"AADSTS50034", "", CauseApplication, "the account doesn't exist in the tenant", "correct the account or Tenant"},
	{"AADSTS50057", "", CauseApplication, "the account is disabled", "enable the account"},
	{"AADSTS50053", "", CausePolicy, "the account is locked, or the logon comes from an address that is blocked", "unlock the account (Entra: Sign-in logs say why)"},
	{"AADSTS65001", "", CausePermission, "the application lacks the consent for the permission", cureConsent},
	{"AADSTS65004", "", CausePermission, "the consent was declined", "log on again with gateway oauth login and accept"},
	{"AADSTS50105", "", CausePermission, "the account is not assigned to the application", "assign it (Entra: Enterprise applications, Users and groups)"},
	{"AADSTS70011", "", CauseRequest, "the scope is not valid", "correct Scopes; an application asks for https://outlook.office365.com/.default"},
	{"AADSTS1002012", "", CauseRequest, "the scope is not valid for an application", "correct Scopes; an application asks for https://outlook.office365.com/.default"},
	{"AADSTS28002", "", CauseRequest, "the scope is not valid", "correct Scopes"},
	{"AADSTS901002", "", CauseRequest, "the token server takes no resource at this address", "leave out Resource, or give the TokenURL that ends in /oauth2/token"},
	{"AADSTS900144", "resource", CauseRequest, "the token server asks for a resource at this address", "give Resource, or the TokenURL that ends in /oauth2/v2.0/token"},

	// Entra: a person must do something.
	{"AADSTS700082", "", CauseLogonNeeded, "the refresh token has expired, because it was not used for 90 days", cureLogon},
	{"AADSTS700084", "", CauseLogonNeeded, "the refresh token has expired", cureLogon},
	{"AADSTS70008", "", CauseLogonNeeded, "the refresh token has expired", cureLogon},
	{"AADSTS70043", "", CauseLogonNeeded, "the refresh token has expired by a policy on how often to log on", cureLogon + ", or exclude the account from the policy"},
	{"AADSTS50173", "", CauseLogonNeeded, "the logon was revoked, for example because the password was changed", cureLogon},
	{"AADSTS50133", "", CauseLogonNeeded, "the session has ended, for example because the password was changed", cureLogon},
	{"AADSTS50055", "", CauseLogonNeeded, "the password of the account has expired", "change it, then " + cureLogon},
	{"AADSTS50076", "", CauseLogonNeeded, "a second factor is required", cureLogon},
	{"AADSTS50078", "", CauseLogonNeeded, "the second factor has expired", cureLogon},
	{"AADSTS50079", "", CauseLogonNeeded, "the account must register a second factor", "register it, then " + cureLogon},
	{"AADSTS50158", "", CauseLogonNeeded, "the tenant requires a further step of the logon", cureLogon},
	{"AADSTS53000", "", CausePolicy, "a policy requires a managed device", curePolicy},
	{"AADSTS53001", "", CausePolicy, "a policy requires a device of the domain", curePolicy},
	{"AADSTS53003", "", CausePolicy, "a policy of the tenant blocks the logon", curePolicy},
	{"AADSTS530032", "", CausePolicy, "a security policy of the tenant blocks the logon", curePolicy},
	{"AADSTS70019", "", CauseLogonNeeded, "the code has expired", cureLogon},
	{"AADSTS70020", "", CauseLogonNeeded, "the code has expired", cureLogon},

	// Entra: temporary.
	{"AADSTS90033", "", CauseUnavailable, "the token server has a temporary error", ""},
	{"AADSTS90024", "", CauseUnavailable, "the token server has a temporary error", ""},
	{"AADSTS50196", "", CauseThrottled, "the token server has seen the same request too often", ""},
	{"AADSTS90055", "", CauseThrottled, "the tenant has made too many requests", ""},

	// Google.
	{"unauthorized_client", "client is unauthorized to retrieve access tokens", CausePermission, "the service account may not act for mailboxes of the domain", cureGoogle},
	{"access_denied", "not authorized", CausePermission, "the service account may not act for the mailbox with this scope", cureGoogle},
	{"invalid_grant", "invalid email or user id", CauseApplication, "the mailbox that the service account should act for doesn't exist", "correct Subject, or the user of the connector's AuthenticationCredential"},
	{"invalid_grant", "account not found", CauseApplication, "the service account doesn't exist any more", "make a new one and put its key file in the place of ServiceAccount"},
	{"invalid_grant", "jwt signature", CauseSecret, "the key of the service account isn't valid any more", "make a new key and put its file in the place of ServiceAccount"},
	{"invalid_grant", "short-lived token", CauseClock, "the assertion is not valid at the token server's time", "set this machine's clock"},
	{"disabled_client", "", CauseApplication, "the application is disabled", "enable it in the Google Cloud console"},
	{"invalid_grant", "account has been deleted", CauseApplication, "the account was deleted", "correct the account"},
	{"deleted_client", "", CauseApplication, "the application was deleted", "make a new one and correct ClientID"},

	// Any token server (RFC 6749, section 5.2; RFC 8628, section 3.5).
	{"invalid_grant", "", CauseLogonNeeded, "the refresh token is not valid any more", cureLogon},
	{"interaction_required", "", CauseLogonNeeded, "the token server requires a person", cureLogon},
	{"invalid_client", "", CauseSecret, "the application's id or secret is wrong", "correct ClientID and ClientSecret"},
	{"unauthorized_client", "", CausePermission, "the application may not use this grant", "allow it at the token server, or use another Grant"},
	{"invalid_scope", "", CauseRequest, "the scope is not valid", "correct Scopes"},
	{"unsupported_grant_type", "", CauseRequest, "the token server doesn't know this grant", "use another Grant"},
	{"access_denied", "", CausePermission, "the logon was declined", "log on again with gateway oauth login and accept"},
	{"authorization_declined", "", CausePermission, "the logon was declined", "log on again with gateway oauth login and accept"},
	{"expired_token", "", CauseLogonNeeded, "the code has expired", cureLogon},
	{"temporarily_unavailable", "", CauseUnavailable, "the token server has a temporary error", ""},
	{"slow_down", "", CauseThrottled, "the token server asks for fewer requests", ""},
}
