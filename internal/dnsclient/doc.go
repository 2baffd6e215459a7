// Package dnsclient asks recursive name servers and keeps their answers. Begin with [Client].
// Unlike net.Resolver it says whether a name doesn't exist or only has no such record, how long
// an answer is valid, and whether the server has validated its signatures.
package dnsclient
