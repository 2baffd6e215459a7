// Package access says who may do what on the Receive connectors of a policy: for each
// connector, each principal that has an entry in its access list and each right, whether
// the sessions of that principal hold the right, and which entries decide that.
//
// [New] opens the sessions with the policy's own evaluator, so clients are answered as the
// cells say. Connectors with the same access share rows. A right is denied if an entry denies
// it, whatever other entries allow.
//
// Rows are about one principal at a time. A user also holds the rights of
// Authenticated Users, which are in the user's row. A user in several groups holds the
// rights that an entry of any of them allows and no entry of any of them denies; package
// analysis looks at such combinations.
package access
