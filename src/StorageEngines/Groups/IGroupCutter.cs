namespace StorageEngines;

/// <summary>A way to cut a group. Used for one group.</summary>
internal interface IGroupCutter
{
    /// <summary>The group if it is there already, else null.</summary>
    ValueTask<GroupSnapshotInfo?> FindAsync(CancellationToken cancellationToken);

    /// <summary>Cuts it. The consistency is what it is worth without a quiesce.</summary>
    Task<GroupSnapshotInfo> CutAsync(CancellationToken cancellationToken);

    /// <summary>Deletes whatever was made; cannot be cancelled.</summary>
    /// <param name="group">The group if it was cut, else null.</param>
    Task UndoAsync(GroupSnapshotInfo? group);
}
