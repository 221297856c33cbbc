namespace StorageEngines;

/// <summary>Brings an application or a file system to rest around a snapshot.</summary>
public interface IQuiesceHook
{
    /// <summary>Brings it to rest.</summary>
    /// <param name="limit">How long it may stay at rest; whoever froze it thaws by itself after that, if it can.</param>
    /// <param name="cancellationToken">Gives up; <see cref="ThawAsync"/> is called all the same.</param>
    /// <returns>What a snapshot taken now is worth.</returns>
    ValueTask<Consistency> FreezeAsync(TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Releases it. Always called once after a call of <see cref="FreezeAsync"/>, failed ones included; cannot be cancelled.</summary>
    /// <param name="snapshotTaken">Whether the snapshot was cut.</param>
    /// <returns>A task that ends when it runs again.</returns>
    ValueTask ThawAsync(bool snapshotTaken);
}
