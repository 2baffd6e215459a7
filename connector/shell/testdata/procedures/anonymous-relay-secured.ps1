# Anonymous relay from scoped addresses, second variant: the hosts are taken to
# be secured, so that neither the sender nor the size is held against them.
#: server EX01.contoso.com
New-ReceiveConnector -Name "Relay" -TransportRole FrontendTransport -Custom -Bindings 0.0.0.0:25 -RemoteIPRanges 192.168.5.10,192.168.5.11 | Out-Null
Set-ReceiveConnector "Relay" -AuthMechanism ExternalAuthoritative -PermissionGroups ExchangeServers
Get-ReceiveConnector "Relay" | Format-List Name,Bindings,RemoteIPRanges,AuthMechanism,PermissionGroups
New-SendConnector -Name "To Internet" -AddressSpaces * | Out-Null
#> 192.168.5.10 10.0.0.1:25 boss@contoso.com somebody@example.net
#> 192.168.5.12 10.0.0.1:25 boss@contoso.com somebody@example.net
