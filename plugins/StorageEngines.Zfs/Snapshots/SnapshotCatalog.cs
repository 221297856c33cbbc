using System.Globalization;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Datasets;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>Finds snapshots and what differences begin at. Each question is one round trip as long as names have not changed. Safe for use by several threads.</summary>
/// <param name="datasets">Finds datasets.</param>
internal sealed class SnapshotCatalog(DatasetCatalog datasets)
{
    // A clone of a clone of a clone; no more are known to anybody.
    private const int MostOrigins = 32;

    /// <summary>Finds datasets.</summary>
    internal DatasetCatalog Datasets => datasets;

    /// <summary>The guid of a snapshot's reference; null if its id is none that this engine gives.</summary>
    internal static ulong? GuidOf(SnapshotRef snapshot) => ulong.TryParse(snapshot.Id, NumberStyles.None, CultureInfo.InvariantCulture, out ulong guid) ? guid : null;

    /// <summary>The error for a snapshot that is not there.</summary>
    internal static SnapshotNotFoundException Missing(SnapshotRef snapshot) => new(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString()) { Engine = ZfsEngineFactory.SchemeName };

    /// <summary>All snapshots and bookmarks of a volume.</summary>
    /// <exception cref="VolumeNotFoundException">The volume is not there.</exception>
    internal async Task<SnapshotTable> TableAsync(VolumeRef volume, CancellationToken cancellationToken)
        => Read(await datasets.AskAsync("list snapshots", volume, static script => script.Text("all \"$n\""), cancellationToken).ConfigureAwait(false));

    /// <summary>Finds a snapshot whose data is there.</summary>
    /// <exception cref="SnapshotNotFoundException">It is not there, or only a bookmark of it is.</exception>
    /// <exception cref="VolumeNotFoundException">The volume is not there.</exception>
    internal async Task<ZfsSnapshot> RequireAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        if (GuidOf(snapshot) is not { } guid)
        {
            throw Missing(snapshot);
        }

        string? name = snapshot.Name is { } label && DatasetName.IsValidPart(label) ? label : null;
        byte[] answer = await datasets.AskAsync("find snapshot", snapshot.Volume, script => Find(script, name, guid), cancellationToken).ConfigureAwait(false);
        SnapshotTable table = Read(answer);
        return table.Find(guid) ?? throw await WhereAsync(snapshot, guid, table.Of, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds base and target of a difference.</summary>
    /// <exception cref="StorageEngineException">The token is none of this engine.</exception>
    /// <exception cref="SnapshotNotFoundException">The target is not there.</exception>
    /// <exception cref="LineageBrokenException">They are not an older and a newer snapshot of one line.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">Neither the base nor a bookmark of it is there any more.</exception>
    internal async Task<SnapshotPair> PairAsync(ChangeToken baseToken, SnapshotRef target, CancellationToken cancellationToken)
    {
        ZfsToken token = ZfsToken.Parse(baseToken);
        SnapshotTable table = await TableAsync(target.Volume, cancellationToken).ConfigureAwait(false);
        ZfsSnapshot newer = GuidOf(target) is { } guid && table.Find(guid) is { } found
            ? found : throw (GuidOf(target) is { } lost ? await WhereAsync(target, lost, table.Of, cancellationToken).ConfigureAwait(false) : Missing(target));
        SendBase? older = BaseIn(table, token);
        if (older is null && baseToken.VolumeId != table.Of.Id)
        {
            throw new LineageBrokenException(EngineReason.UnrelatedSnapshots,
                $"The base {token.Guid} is a snapshot of another volume ({baseToken.VolumeId}) than {newer.FullName}; they have no difference to speak of. Take a full copy.") { Engine = ZfsEngineFactory.SchemeName };
        }

        older ??= await FindInOriginsAsync(table.Of, token, cancellationToken).ConfigureAwait(false) ?? throw new ChangeTrackingUnavailableException(EngineReason.BaseMissing,
            $"The base {token.Guid} of '{table.Of.Name}' is gone, and no bookmark of it is there; take a full copy. (Delete a base's data only, and a bookmark is kept.)") { Engine = ZfsEngineFactory.SchemeName };
        return older.CreateTxg > newer.CreateTxg
            ? throw new LineageBrokenException(EngineReason.WrongOrder, $"The base {older.SendName} (transaction group {older.CreateTxg}) is newer than {newer.FullName} ({newer.CreateTxg}); swap them.")
            { Engine = ZfsEngineFactory.SchemeName }
            : new SnapshotPair(older, newer);
    }

    /// <summary>The error for a snapshot that is not in its volume: it says where it is, if a promotion moved it.</summary>
    internal async Task<StorageEngineException> WhereAsync(SnapshotRef snapshot, ulong guid, Dataset volume, CancellationToken cancellationToken)
    {
        return await FindInOriginsAsync(volume, new ZfsToken(guid, 0, null), cancellationToken).ConfigureAwait(false) is { Snapshot: { } moved }
            ? new SnapshotNotFoundException(
                snapshot.Name ?? snapshot.Id, volume.Name, $"it is {moved.FullName} now, because '{moved.Of.Name}' was promoted (or is what '{volume.Name}' was cloned from); ask for it as a snapshot of that volume")
            { Engine = ZfsEngineFactory.SchemeName }
            : Missing(snapshot);
    }

    private static Script Find(Script script, string? name, ulong guid)
    {
        if (name is null)
        {
            return script.Text("all \"$n\"");
        }

        string id = guid.ToString(CultureInfo.InvariantCulture);
        return script.Text("s=\"$n\"@").Append(System.Text.Encoding.UTF8.GetBytes(name)).Text("\nif o=$(one \"$s\" 2>/dev/null) && g=${o#*\"$tab\"} && [ \"${g%%\"$tab\"*}\" =").Word(id)
            .Text(" ]; then printf '%s\\n' \"$o\"; else all \"$n\"; fi");
    }

    private static SnapshotTable Read(ReadOnlyMemory<byte> answer)
    {
        Dataset dataset = DatasetTable.ParseFirst(answer, out ReadOnlyMemory<byte> rest);
        return SnapshotTable.Parse(dataset, rest);
    }

    private static SendBase? BaseIn(SnapshotTable table, ZfsToken token)
    {
        if (table.Find(token.Guid) is { } snapshot)
        {
            return new SendBase(snapshot.FullName, snapshot.Guid, snapshot.CreateTxg, snapshot.VolumeBytes, snapshot);
        }

        return table.FindBookmark(token.Guid) is { } bookmark ? new SendBase(bookmark.FullName, bookmark.Guid, bookmark.CreateTxg, bookmark.VolumeBytes ?? token.VolumeBytes, null) : null;
    }

    // A promotion moves snapshots to the clone, and makes the volume a clone of it. What is before the origin is still in its line.
    private async Task<SendBase?> FindInOriginsAsync(Dataset dataset, ZfsToken token, CancellationToken cancellationToken)
    {
        for (int i = 0; i < MostOrigins && dataset.Origin is { } origin; i++)
        {
            string above = origin[..origin.IndexOf('@', StringComparison.Ordinal)];
            Script script = new Script().Text("row").Word(above).Text(" && all").Word(above);
            SnapshotTable table = Read(await datasets.Host.AskAsync("find snapshot", above, script, cancellationToken).ConfigureAwait(false));
            ulong limit = table.Snapshots.FirstOrDefault(each => each.FullName == origin)?.CreateTxg ?? 0;
            if (BaseIn(table, token) is { } found && found.CreateTxg <= limit)
            {
                return found;
            }

            dataset = table.Of;
        }

        return null;
    }
}
