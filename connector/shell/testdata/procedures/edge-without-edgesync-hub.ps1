# An Edge server that isn't subscribed: the side of the organisation.
#: server mbx01.contoso.com
$cred = Get-Credential
New-SendConnector -Name "To Edge" -Usage Internal -AddressSpaces * -DNSRoutingEnabled $false -SmartHosts edge01.contoso.com -SourceTransportServers mbx01,mbx02 -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $cred
Get-SendConnector | Format-List Name,AddressSpaces,DNSRoutingEnabled,SmartHosts,SmartHostAuthMechanism,SourceTransportServers
#> 10.0.0.7 10.0.0.1:587 bob@contoso.com somebody@example.org tls user=bob@contoso.com
