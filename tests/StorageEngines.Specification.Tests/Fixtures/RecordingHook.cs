namespace StorageEngines.Specification;

/// <summary>A quiesce hook that remembers how it was called.</summary>
internal sealed class RecordingHook(Func<CancellationToken, ValueTask>? whileFreezing = null) : IQuiesceHook
{
    internal int Frozen { get; private set; }

    internal List<bool> Thawed { get; } = [];

    public async ValueTask<Consistency> FreezeAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        Frozen++;
        await (whileFreezing?.Invoke(cancellationToken) ?? default);
        return Consistency.Application;
    }

    public ValueTask ThawAsync(bool snapshotTaken)
    {
        Thawed.Add(snapshotTaken);
        return default;
    }
}
