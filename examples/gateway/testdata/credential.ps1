$mycred = Get-Credential
New-SendConnector ToInternet -AddressSpaces * -SmartHosts smtp.contoso.com -DNSRoutingEnabled $false `
    -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $mycred
