using StorageEngines.RemoteShells;

namespace StorageEngines.Zfs.Datasets;

/// <summary>What the function <c>look</c> found for an absolute path.</summary>
/// <param name="RealPath">The path without symbolic links.</param>
/// <param name="Named">The dataset that has the path as its name: <c>/tank/vm</c> is how an address with a host writes <c>tank/vm</c>.</param>
/// <param name="Holding">The dataset that the path is in, or whose device it is.</param>
internal sealed record LookedUp(BytePath RealPath, Dataset? Named, Dataset? Holding)
{
    // A dataset that is not mounted leaves an empty directory, which is in another one.
    private Dataset? Mounted => Holding is { } held && (held.Kind == VolumeKind.Block || (held.IsMounted && held.MountPoint is { } at && at == RealPath)) ? held : null;

    /// <summary>How strong the engine's claim to the path is; a name alone is none, for the path may be anybody's.</summary>
    internal VolumeClaim Claim => Mounted is not null || (Named is { Kind: VolumeKind.Block } && RealPath.Span.StartsWith("/dev/"u8)) ? VolumeClaim.Native
        : Holding is not null ? VolumeClaim.Inside : VolumeClaim.None;

    /// <summary>Reads the function's answer.</summary>
    internal static LookedUp Parse(byte[] answer, BytePath asked)
    {
        var fields = new Fields(answer, $"what is at '{asked}'", ZfsEngineFactory.SchemeName);
        byte[] path = fields.Next().ToArray();
        return new LookedUp(new BytePath(path), First(fields.Next()), First(fields.Next()));
    }

    /// <summary>The one dataset that is meant.</summary>
    internal Dataset Require(BytePath asked)
    {
        if (Named is not null && Mounted is { } other && other.Guid != Named.Guid)
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
                $"'{asked}' can mean the dataset '{Named.Name}' or '{other.Name}', which is mounted there; write the name without the '/' (zfs:{other.Name}).") { Engine = ZfsEngineFactory.SchemeName };
        }

        if ((Mounted ?? Named) is { } found)
        {
            return found;
        }

        throw Holding is null
            ? new VolumeNotFoundException(asked.ToString()) { Engine = ZfsEngineFactory.SchemeName }
            : new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest,
                $"'{asked}' is within the dataset '{Holding.Name}' and no volume itself; name the dataset, and the file as a path within it, or make a dataset of it with 'zfs create'.")
            { Engine = ZfsEngineFactory.SchemeName };
    }

    private static Dataset? First(ReadOnlyMemory<byte> rows) => rows.IsEmpty ? null : DatasetTable.Parse(rows)[0];
}
