using System.Runtime.ExceptionServices;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>What may be compared with what: the base has to be an ancestor of the target, or the target itself.</summary>
internal static class LineageRule
{
    /// <summary>Finds the base of a token.</summary>
    /// <exception cref="LineageBrokenException">It is of another volume or another branch, or newer than the target.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">It is gone.</exception>
    internal static SnapshotRecord RequireBase(SnapshotStore store, string engine, ChangeToken token, VolumeRecord volume, SnapshotRecord target)
    {
        if (token.Engine != engine || token.VolumeId != volume.Id)
        {
            bool replaced = token.Engine == engine && store.FindVolume(token.VolumeId) is { } other && other.Location == volume.Location;
            throw replaced
                ? Unavailable(engine, EngineReason.VolumeReplaced, $"Another volume is at '{volume.Location}' since the base was taken; take a full copy.")
                : Broken(engine, EngineReason.UnrelatedSnapshots, $"The base belongs to another volume than '{target.Name}'; take a full copy.");
        }
        SnapshotRecord? found = store.FindById(volume.Id, token.Value);
        if (found is null || found.LineageId != token.LineageId)
            throw Unavailable(engine, EngineReason.BaseMissing, $"The base '{token.Value}' of volume '{volume.Location}' was deleted; take a full copy.");
        var unreadable = new Dictionary<string, StorageEngineException>();
        Dictionary<string, SnapshotRecord> all = store.ReadableSnapshots(volume.Id, unreadable.Add).ToDictionary(s => s.Id);
        if (Descends(all, unreadable, target, found.Id))
            return found;
        throw Descends(all, unreadable, found, target.Id)
            ? Broken(engine, EngineReason.WrongOrder, $"The base '{found.Name}' is newer than '{target.Name}'; swap the two.")
            : Broken(engine, EngineReason.UnrelatedSnapshots, $"'{target.Name}' does not descend from the base '{found.Name}'; take a full copy.");
    }

    private static bool Descends(Dictionary<string, SnapshotRecord> all, Dictionary<string, StorageEngineException> unreadable, SnapshotRecord from, string ancestor)
    {
        // The steps are counted, so that a damaged chain that bites its own tail ends too.
        SnapshotRecord? at = from;
        for (int steps = 0; at is not null && steps <= all.Count; steps++)
        {
            if (at.Id == ancestor)
                return true;
            if (at.ParentId is { } lost && unreadable.TryGetValue(lost, out StorageEngineException? why))
                ExceptionDispatchInfo.Throw(why);
            at = at.ParentId is { } parent ? all.GetValueOrDefault(parent) : null;
        }
        return false;
    }

    private static LineageBrokenException Broken(string engine, EngineReason reason, string message) => new(reason, message) { Engine = engine };

    private static ChangeTrackingUnavailableException Unavailable(string engine, EngineReason reason, string message)
        => new(reason, message) { Engine = engine };
}
