using StorageEngines.Cli.Errors;

namespace StorageEngines.Cli.Volumes;

/// <summary>Finds a snapshot by what a person calls it.</summary>
internal static class SnapshotFinder
{
    private const int MostNames = 10_000;

    /// <summary>Finds the newest of exactly this name, or null.</summary>
    internal static async Task<SnapshotInfo?> ByNameAsync(OpenVolume volume, string name, CancellationToken cancellationToken)
    {
        SnapshotInfo? newest = null;
        await foreach (SnapshotInfo snapshot in volume.Feature<ISnapshots>(EngineCapability.Snapshot).ListAsync(volume.Info.Ref, name, cancellationToken))
        {
            newest = snapshot.Ref.Name == name ? snapshot : newest;
        }

        return newest;
    }

    /// <summary>Finds by name, and if no snapshot has that name, by id.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="name">The name or id.</param>
    /// <param name="unreadable">True if, by its id, one whose record cannot be read is wanted too; else it is an error.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SnapshotNotFoundException">There is none; the names that are near are in its data under <c>hint</c>.</exception>
    internal static async Task<SnapshotInfo> FindAsync(OpenVolume volume, string name, bool unreadable, CancellationToken cancellationToken)
    {
        SnapshotInfo? byId = null;
        var names = new List<string>();
        var damages = new List<string>();
        await foreach (SnapshotInfo snapshot in volume.Feature<ISnapshots>(EngineCapability.Snapshot).ListAsync(volume.Info.Ref, null, cancellationToken))
        {
            if (snapshot.Ref.Name == name)
            {
                return snapshot;
            }

            byId = snapshot.Ref.Id == name ? snapshot : byId;
            if (snapshot is { State: SnapshotState.Failed, Ref.Name: null })
            {
                damages.AddRange(snapshot.Warnings);
            }
            else if (names.Count < MostNames)
            {
                names.Add(snapshot.Ref.Name ?? snapshot.Ref.Id);
            }
        }

        if (!unreadable && byId is { State: SnapshotState.Failed, Ref.Name: null })
        {
            return await volume.Feature<ISnapshots>(EngineCapability.Snapshot).GetAsync(byId.Ref, cancellationToken); // The engine says what is wrong with it.
        }

        if (byId is not null)
        {
            return byId;
        }

        if (damages.Count > 0)
        {
            throw new CorruptDataException($"snapshot '{name}' of '{volume.Info.Location}'", null, $"it is not among those that can be read, and {damages.Count} cannot: {string.Join("; ", damages.Take(3))}")
            { Engine = volume.Engine.Name };
        }

        var missing = new SnapshotNotFoundException(name, volume.Info.Location.ToString()) { Engine = volume.Engine.Name };
        if (Suggestions.Hint(name, names) is { } hint)
        {
            missing.Data["hint"] = hint;
        }

        throw missing;
    }
}
