// Package foreign reads the configuration of other mail servers as a connector.Config: Postfix's
// main.cf, with master.cf beside it and the tables that they name, and the metabase of the SMTP
// service of IIS 6 and later, MetaBase.xml.
//
// The result allows what the old server allows and nothing more: the same clients may relay, and
// what the reader doesn't understand makes the policy stricter. Account says for each setting what
// became of it.
package foreign
