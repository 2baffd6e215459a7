// Package recipients knows which recipients exist, for [relay.Server.Recipients]: a [File] lists
// them, and a [NextHop] is asked by RCPT. A [Cache] goes in front of a source that takes time, such
// as a NextHop or a directory.
//
//	server.Recipients = &recipients.Cache{
//		Source:       &recipients.NextHop{Handler: sender, Policy: server.CurrentPolicy},
//		AcceptFailed: true,
//	}
package recipients
