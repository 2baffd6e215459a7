# the members that scripts read
New-ReceiveConnector Relay -Usage Custom -Bindings 10.2.3.4:2525 -RemoteIPRanges 10.0.0.1, 10.0.1.0/24, 10.0.2.1-10.0.2.9, 10.0.3.0-10.0.3.255 -PermissionGroups AnonymousUsers | Out-Null
$c = Get-ReceiveConnector Relay
$c.RemoteIPRanges | ForEach-Object { "$($_.Expression) from $($_.LowerBound) to $($_.UpperBound) is $($_.RangeFormat) $($_.CIDRLength) $($_.Netmask)" }
$c.RemoteIPRanges | Where-Object { $_.RangeFormat -eq 'SingleAddress' } | ForEach-Object { $_.LowerBound.ToString() + ' ' + $_.LowerBound.AddressFamily }
($c.RemoteIPRanges | Sort-Object LowerBound -Descending).Expression -join ' '
$c.Bindings | ForEach-Object { "$($_.Address) port $($_.Port)" }
if ($c.Bindings.Port -contains 2525) { 'listens at 2525' }
$c.Identity.Name; $c.Identity.DistinguishedName.Split(',')[0]; $c.Server.Name; $c.Identity.ToString(); $c.Identity.Split('\')[0]
$c.Guid.ToString().Length; $c.MaxMessageSize.ToMB(); $c.MessageRateLimit.IsUnlimited; $c.ConnectionTimeout.TotalMinutes
$c.RemoteIPRanges += '10.9.9.9'
Set-ReceiveConnector $c.Identity -RemoteIPRanges $c.RemoteIPRanges
(Get-ReceiveConnector Relay).RemoteIPRanges.Count
$s = New-SendConnector Out -AddressSpaces 'SMTP:*.fabrikam.com;5', contoso.net -SmartHosts 10.0.0.1, relay.contoso.com
$s.AddressSpaces | ForEach-Object { "$($_.Type) $($_.Address) $($_.Domain) $($_.Cost) $($_.IncludeSubDomains)" }
$s.SmartHosts | ForEach-Object { "$($_.Domain)$($_.Address) $($_.IsIPAddress)" }
$s.SourceTransportServers | ForEach-Object { $_.Name }
# servers come through the pipeline
Get-ExchangeServer | Where-Object { $_.AdminDisplayVersion.Major -ge 15 -and $_.IsMailboxServer } | Get-ReceiveConnector | Where-Object { $_.Name -eq 'Relay' } | Select-Object Name, Server
Get-TransportService | ForEach-Object { (Get-ReceiveConnector -Server $_ | Measure-Object).Count }
Get-ExchangeServer | Get-TransportService | Select-Object Name
Get-ReceiveConnector Relay | Select-Object Name -ExpandProperty RemoteIPRanges
$env:COMPUTERNAME
# another member is an error, and nothing goes on with it
Set-ReceiveConnector Relay -RemoteIPRanges $c.RemoteIPRanges[0].LowerBond
'not reached'
