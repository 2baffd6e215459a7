# An Edge server that isn't subscribed: its own side.
#: server Edge01.contoso.com edge
$cred = Get-Credential
New-SendConnector -Name "To Internet" -AddressSpaces * -Usage Internet -DNSRoutingEnabled $true
New-SendConnector -Name "To Internal Org" -Usage Internal -AddressSpaces -- -DNSRoutingEnabled $false -SmartHosts mbx01.contoso.com,mbx02.contoso.com -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $cred
Set-ReceiveConnector "Default internal receive connector Edge01" -Name "From Internet" -Bindings 10.1.1.1:25
New-ReceiveConnector -Name "From Internal Org" -Usage Internal -AuthMechanism TLS,BasicAuth,BasicAuthRequireTLS,ExchangeServer -Bindings 10.1.1.2:25 -RemoteIPRanges 192.168.5.10,192.168.5.20
Get-SendConnector | Format-List Name,AddressSpaces,DNSRoutingEnabled,SmartHosts,SmartHostAuthMechanism,SourceTransportServers
Get-ReceiveConnector | Format-List Name,Bindings,RemoteIPRanges,AuthMechanism,PermissionGroups
#> 203.0.113.5 10.1.1.1:25 a@example.net bob@contoso.com
#> 203.0.113.5 10.1.1.1:25 a@example.net somebody@example.org
#> 192.168.5.10 10.1.1.2:25 bob@contoso.com somebody@example.org
#> 203.0.113.5 10.1.1.2:25 a@example.net bob@contoso.com
#> 192.168.5.10 10.1.1.2:25 bob@contoso.com somebody@example.org tls user=relay@contoso.com
#> 192.168.5.10 10.1.1.2:25 bob@contoso.com somebody@example.org tls user=relay@contoso.com server
