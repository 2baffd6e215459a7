package hopreply

// What an administrator can do, where several rows say so.
const (
	useOAuth = "Microsoft 365 accepts no password here: give the connector SmartHostAuthMechanism OAuth"
	sendAs   = "The account with which the smart host is logged on to may not send as this sender. Grant it the right Send As on the sender's mailbox " +
		"(Add-RecipientPermission -AccessRights SendAs), or let the device send with the account's own address."
	wait      = "Mail waits and goes on by itself."
	throttled = "Microsoft 365 throttles the account because too many of its messages have failed, and the text says how. Correct that; " + wait
	logOn     = "The host expects a logon: give the Send connector a SmartHostAuthMechanism and an AuthenticationCredential, or let the host accept mail from this server's address without one."
	logonLost = "The connector logs on as " + mailbox + ", but the smart host replied that the connection isn't logged on. The next attempt logs on again. If that doesn't help, " +
		"look for a firewall between here and the host that changes SMTP, and switch that off."
	policy   = "A policy of the tenant keeps the account from logging on: security defaults, Conditional Access or an authentication policy. The sign-in log of Entra says which."
	switchOn = "Set-CASMailbox " + mailbox + " -SmtpClientAuthenticationDisabled $false"
	encrypt  = "The host accepts mail over TLS only. The log says why TLS with it failed; the Send connector must not have IgnoreSTARTTLS."
)

// table has the kinds of replies. The first one that matches counts. The enhanced code decides where the
// services use it for one thing only, because their texts vary; words do elsewhere.
var table = []Row{
	// Microsoft 365 throttles an account that causes one error after the other. The codes are 5xx, and
	// 5.2.252 is also that of a single such error.
	{words: "throttled due to continuous", Meaning: Throttled, Advice: throttled},
	{words: "sendasdenied", Meaning: NoSendAs, Advice: sendAs},
	{code: 554, min: [3]int{5, 2, 252}, Meaning: NoSendAs, Advice: sendAs},
	{min: [3]int{5, 2, 251}, max: [3]int{5, 2, 255}, Meaning: Throttled, Advice: throttled},
	{words: "submissionquotaexceeded", Meaning: Quota,
		Advice: "The account has sent as many messages as Microsoft 365 permits in a day, 10,000 recipients. " + wait + " A second account, or High Volume Email, carries more."},
	{min: [3]int{5, 1, 90}, Meaning: Quota,
		Advice: "The account has sent to as many recipients as Microsoft 365 permits in a day. " + wait},
	{to: known, min: [3]int{5, 7, 232}, max: [3]int{5, 7, 233}, Meaning: Quota,
		Advice: "The tenant has sent to as many external recipients as Microsoft 365 permits in a day. " + wait},

	// The account or this server may not send this.
	{min: [3]int{5, 7, 60}, Meaning: NoSendAs, Advice: sendAs},
	{words: "does not have permissions to send as", Meaning: NoSendAs, Advice: sendAs},
	{min: [3]int{5, 5, 105}, Meaning: Refused,
		Advice: "High Volume Email of Microsoft 365 sends to recipients inside the organization only. Route other mail through smtp.office365.com or another smart host."},
	{to: known, min: [3]int{5, 7, 68}, Meaning: Refused,
		Advice: "The tenant refuses Direct Send. Log on (SmartHostAuthMechanism OAuth), or make an inbound connector in Exchange Online that knows this server by its certificate or address."},
	{to: known, min: [3]int{5, 7, 64}, Meaning: Refused,
		Advice: "Exchange Online doesn't recognize this server as the tenant's. Make an inbound connector there that names this server's certificate or address, " +
			"show that certificate (TlsCertificateName), and let the sender's domain be one of the tenant's accepted domains."},
	{to: known, min: [3]int{5, 7, 0}, words: "mail relay denied", Meaning: Refused,
		Advice: "Google's relay doesn't know this server's address. Add it in the Admin console under Gmail, Routing, SMTP relay service, or log on."},

	// The service accepts no such logon.
	{to: passwords, min: [3]int{5, 7, 30}, Meaning: SwitchedOff, Advice: useOAuth + "."},
	{min: [3]int{5, 7, 30}, Meaning: SwitchedOff, Advice: policy},
	{min: [3]int{5, 7, 139}, words: "smtpclientauthentication is disabled|tenant", Meaning: SwitchedOff,
		Advice: "SMTP AUTH is switched off for the tenant. Switch it on with Set-TransportConfig -SmtpClientAuthenticationDisabled $false, or for this mailbox alone with " +
			switchOn + ", in Exchange Online PowerShell."},
	{min: [3]int{5, 7, 139}, words: "smtpclientauthentication is disabled", Meaning: SwitchedOff,
		Advice: "SMTP AUTH is switched off for the mailbox. Switch it on with " + switchOn + ", in Exchange Online PowerShell."},
	{to: passwords, min: [3]int{5, 7, 139}, words: "basic authentication is disabled", Meaning: SwitchedOff, Advice: useOAuth + ", or let an administrator of the tenant switch Basic authentication on again."},
	{to: passwords, min: [3]int{5, 7, 139}, words: "user credentials were incorrect", Meaning: SwitchedOff,
		Advice: "The user name or the password is wrong, or security defaults or a Conditional Access policy keep the account from logging on with a password. The sign-in log of Entra says which."},
	{min: [3]int{5, 7, 139}, Meaning: SwitchedOff, Advice: policy},
	{min: [3]int{5, 1, 8}, words: "bad outbound sender", Meaning: SwitchedOff,
		Advice: "Microsoft 365 has blocked the account because it sent what looks like spam. Unblock it in the Defender portal under Restricted entities."},
	{to: passwords, code: 534, Meaning: SwitchedOff,
		Advice: "The service doesn't accept the account's password from programs. With Google, make an app password, or give the connector SmartHostAuthMechanism OAuth."},
	{code: 534, Meaning: SwitchedOff, Advice: "The service accepts no such logon of the account."},

	// The host expects TLS or a logon (RFC 3207, RFC 4954).
	{min: [3]int{5, 7, 57}, Meaning: NotLoggedOn, Advice: logonLost},
	{to: known, min: [3]int{5, 7, 57}, Meaning: NotLoggedOn, Advice: logOn},
	{code: 530, words: "authentication required", Meaning: NotLoggedOn, Advice: logonLost},
	{to: known, code: 530, words: "authentication required", Meaning: NotLoggedOn, Advice: logOn},
	{to: anyone, code: 530, words: "starttls", Meaning: WantsSecurity, Advice: encrypt},
	{to: anyone, code: 538, Meaning: WantsSecurity, Advice: encrypt},
	{code: 530, Meaning: WantsSecurity, Advice: logonLost},
	{to: known, code: 530, Meaning: WantsSecurity, Advice: logOn},

	// Google, and others that say so in words.
	{words: "too many login attempts", Meaning: Throttled, Advice: "The account has logged on too often. " + wait},
	{min: [3]int{5, 4, 5}, words: "daily|exceeded", Meaning: Quota, Advice: "The account has sent as much as Google permits in a day. " + wait},
	{to: known, words: "daily smtp relay|exceeded", Meaning: Quota, Advice: "This server has sent as much as Google's relay permits in a day. " + wait},

	// Too much at once.
	{code: 432, Meaning: Crowded, Advice: "Microsoft 365 takes three connections of an account at once. Fewer are used from now on."},
	{to: anyone, code: 432, Meaning: Crowded, Advice: "The host takes no more connections at once. Fewer are used from now on."},
	{to: anyone, min: [3]int{4, 7, 500}, Meaning: Busy, Advice: "Microsoft 365 is busy, or takes no more from this server's address for now. " + wait},

	// Any other refused logon.
	{code: 535, min: [3]int{5, 7, 3}, Meaning: BadCredentials,
		Advice: "Microsoft 365 doesn't accept the logon. With OAuth: consent to the application permission SMTP.SendAsApp, make the service principal with the object ID of the " +
			"Enterprise application (New-ServicePrincipal), give it FullAccess to the mailbox (Add-MailboxPermission " + mailbox + "), and let the mailbox use SMTP AUTH (" + switchOn + "). " +
			"With a password: it or the user name is wrong."},
	{code: 535, words: "mail.google.com", Meaning: BadCredentials,
		Advice: "Google doesn't accept the token. It must have the scope https://mail.google.com/ and be the mailbox's; a service account needs domain-wide delegation for that scope."},
	{code: 535, Meaning: BadCredentials, Advice: "The smart host doesn't accept the user name with this password or token."},
	{to: known, code: 534, Meaning: WantsSecurity, Advice: logOn},
	{to: known, code: 535, Meaning: WantsSecurity, Advice: logOn},
}
