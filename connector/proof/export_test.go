package proof

// VerifyWithin is Verify with another limit of steps, for tests.
var VerifyWithin = verifyWithin
