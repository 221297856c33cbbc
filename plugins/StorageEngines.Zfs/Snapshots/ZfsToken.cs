using System.Globalization;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>
/// The value of a change token, <c>GUID.TXG.BYTES</c>: enough to find the snapshot or any bookmark of it, to tell the order, and to know the size of a zvol of which only a bookmark is left
/// (a bookmark does not know it). <c>-</c> stands for no size.
/// </summary>
/// <param name="Guid">The snapshot's guid.</param>
/// <param name="CreateTxg">The transaction group that it was cut in.</param>
/// <param name="VolumeBytes">The size of a zvol, in bytes; null for a file system.</param>
internal readonly record struct ZfsToken(ulong Guid, ulong CreateTxg, long? VolumeBytes)
{
    /// <summary>Reads a token.</summary>
    /// <exception cref="StorageEngineException">It is none of this engine.</exception>
    internal static ZfsToken Parse(ChangeToken token)
    {
        string[] parts = token.Value.Split('.');
        long size = 0;
        bool valid = token.Engine == ZfsEngineFactory.SchemeName && parts.Length == 3
            && (parts[2] == "-" || (long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out size) && size > 0));
        return valid && ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong guid) && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong txg)
            ? new ZfsToken(guid, txg, parts[2] == "-" ? null : size)
            : throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"'{token}' is not a change token of the engine '{ZfsEngineFactory.SchemeName}'.")
            { Engine = ZfsEngineFactory.SchemeName };
    }

    /// <summary>The value.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Guid}.{CreateTxg}.{(VolumeBytes is { } size ? size.ToString(CultureInfo.InvariantCulture) : "-")}");
}
