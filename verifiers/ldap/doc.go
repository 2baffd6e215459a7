// Package ldap checks passwords against a directory: OpenLDAP, Active Directory and others.
//
// A [Verifier] searches the user's entry, binds as that entry with the password that the client
// gave, and looks up addresses and groups. Connections are within TLS only, by ldaps or
// StartTLS, and kept for the next check.
//
// # What it asks
//
//	Filter          (|(uid={user})(mail={user}))
//	NameAttribute   uid
//	MailAttributes  mail
//	GroupFilter     (|(member={dn})(uniqueMember={dn})(memberUid={name}))
//	GroupAttribute  cn
//
// and with ActiveDirectory, whose groups may hold groups:
//
//	Filter          (&(objectCategory=person)(|(sAMAccountName={user})(userPrincipalName={user})(mail={user})))
//	NameAttribute   sAMAccountName
//	MailAttributes  mail, proxyAddresses
//	GroupFilter     (member:1.2.840.113556.1.4.1941:={dn})
//	GroupAttribute  sAMAccountName
//
// {user} stands for the name that the client gives, {dn} for the entry's distinguished name and
// {name} for its NameAttribute, each escaped. With Domain CONTOSO the client may write
// CONTOSO\ann, and users and groups are CONTOSO\ann and CONTOSO\Staff in grants; otherwise
// their names alone.
//
// Grants know users and groups by name only, so a user with the name of a group has the group's
// rights. Active Directory has no such names, because a sAMAccountName is unique; in other
// directories the administrators must keep them apart.
//
// # A file of settings
//
// [Load] reads the fields of a Verifier from a JSON object with their names. TLS, Timeout, Conns
// and Dial aren't among them; two keys name files, relative to that of the settings:
// Authorities, with the PEM certificates of the authorities that are trusted, and the File in
// BindPasswordFrom:
//
//	{
//	  "URLs": ["ldaps://dc1.contoso.com"], "Authorities": "ca.pem",
//	  "BindDN": "CN=Interchange,OU=Services,DC=contoso,DC=com", "BindPasswordFrom": {"File": "ldap.password"},
//	  "BaseDN": "DC=contoso,DC=com", "ActiveDirectory": true, "Domain": "CONTOSO"
//	}
//
// In place of a File, BindPasswordFrom may have the name of an Environment variable, or of a
// Credential of systemd.
//
// # Passwords
//
// An empty password is refused without asking: many directories answer it with success
// (RFC 4513, section 5.1.2). For an unknown user the Verifier binds as an entry that doesn't
// exist, so that a client doesn't learn from the time who exists; directories differ in how
// long they take for that. A directory's refusal of the user, which may be locked or expired, is
// a wrong password; every other failure means that the password couldn't be checked now.
package ldap
