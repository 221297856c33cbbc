namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>Turns exceptions into what a check tells.</summary>
internal static class Damages
{
    /// <summary>What an exception says, without the object and the offset, which have fields of their own.</summary>
    internal static StoreDamage Of(CorruptDataException error, SnapshotRef? snapshot = null, BytePath? path = null)
    {
        string lead = error.Offset is { } at ? $"{error.DamagedObject}: byte {at}: " : $"{error.DamagedObject}: ";
        string detail = error.Message.StartsWith(lead, StringComparison.Ordinal) ? error.Message[lead.Length..] : error.Message;
        return new StoreDamage(error.DamagedObject, error.Offset, detail, snapshot, path);
    }
}
