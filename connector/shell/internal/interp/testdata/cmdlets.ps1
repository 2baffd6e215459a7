New-Thing a -Ranges 10.0.0.1, 10.0.0.2 | Out-Null
'ip,name', '10.0.0.1,a', '10.0.0.2,b' | Set-Content list.csv
Import-Csv list.csv | % { "$($_.name) at $($_.ip)" }
Get-Content list.csv | Select-String '^10\.' | % { "$($_.LineNumber) $($_.Line)" }
Select-String -Path list.csv -Pattern '0.2' -SimpleMatch -Quiet
Select-String list -InputObject 'a list', 'b'
Compare-Object (1, 2, 3) (2, 3, 4)
(Compare-Object a, b B, c -IncludeEqual | % { "$($_.InputObject)$($_.SideIndicator)" }) -join ' '
Compare-Object (Get-Thing) (Get-Thing) -Property Name
Test-Path list.csv; Test-Path nosuch.txt
'more' | Add-Content list.csv; (Get-Content list.csv).Count
'one' | Out-File log.txt; 'two' | Out-File log.txt -Append; Get-Content log.txt
[pscustomobject]@{ a = 1 } | Export-Csv c.csv; [pscustomobject]@{ a = 2 } | Export-Csv c.csv -Append; (Import-Csv c.csv).a -join ','
New-Item -ItemType Directory -Path logs -Force | Out-Null; New-Item e.txt | % Name; New-Item -Path C:\x -Name f.txt -ItemType File -Value text | Out-Null; Get-Content C:\x\f.txt; try { New-Item e.txt } catch { "$_" }
Join-Path C:\logs relay.txt; Split-Path 'C:\logs\relay.txt'; Split-Path C:\logs\relay.txt -Leaf
Get-Date -Format 'yyyy-MM-dd HH:mm:ss'; (Get-Date).AddDays(-7).ToString('ddd d MMM yy'); (Get-Date).Year; "$(Get-Date)"; ((Get-Date) - (Get-Date).AddHours(-2)).TotalMinutes
Read-Host 'How many'; $secret = Read-Host -AsSecureString 'Password'; "$secret"
Start-Sleep 5; Start-Sleep -Seconds 2; Write-Progress -Activity x -Status y -PercentComplete 5; Set-ADServerSettings -ViewEntireForest $true; Start-Transcript -Path x -Append | Out-Null; Stop-Transcript
Add-PSSnapin Microsoft.Exchange.Management.PowerShell.SnapIn; Import-Module ExchangeManagement -Force; if (-not (Get-PSSnapin *Exchange*)) { 'never' }
. 'C:\Program Files\Microsoft\Exchange Server\V15\bin\RemoteExchange.ps1'; Connect-ExchangeServer -auto -ClientApplication:ManagementShell
$s = New-PSSession -ConfigurationName Microsoft.Exchange -ConnectionUri http://ex01/PowerShell/; Import-PSSession $s -DisableNameChecking; Remove-PSSession $s
Set-ExecutionPolicy RemoteSigned -Force; Restart-Service MSExchangeTransport; Clear-Host
Set-Variable -Name v -Value 5; $v; Remove-Variable v; $o = [pscustomobject]@{ a = 1 }; $o | Add-Member NoteProperty b 2; "$o"
1..3 | Tee-Object -Variable kept | Measure-Object | % Count; "$kept"
[ipaddress]'10.0.0.1' -eq '10.0.0.1'; ('x' -as [ipaddress]) -eq $null; '10.0.0.1' -as [ipaddress] -is [ipaddress]; 5 -is [int]; 'a' -isnot [array]; (1, 2) -is [array]
$r = [Microsoft.Exchange.Data.IPRange]::Parse('10.0.0.0/24'); "$r $($r.LowerBound) $($r.UpperBound) $($r.Netmask) $($r.CIDRLength) $($r.RangeFormat)"
([IPRange]'10.0.0.1-10.0.0.9').UpperBound.IPAddressToString; ([IPBinding]'0.0.0.0:25').Port; ([AddressSpace]'SMTP:*.contoso.com;5') | % { "$($_.Type) $($_.Address) $($_.Domain) $($_.Cost) $($_.IncludeSubDomains)" }
([SmartHost]'[10.0.0.1]').Address; ([SmartHost]'relay.contoso.com').Domain; [string]::IsNullOrEmpty(''); [string]::Join('+', (1, 2)); [math]::Round(2.567, 1); [math]::Max(1, 7); [int]::Parse('5')
[regex]::Escape('a.b'); [timespan]::FromMinutes(90); 6 -band 3; 1 -shl 4; -bnot 0; $env:COMPUTERNAME; [Environment]::MachineName; $PSScriptRoot; $PSVersionTable.PSVersion.Major
Get-Thing | select Name -ExpandProperty Ranges
$r.Expresion
