using System.Globalization;

namespace StorageEngines.Testing;

/// <summary>Makes in-memory engines. All engines of one factory share one storage, so that an engine that is opened again finds its volumes.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public sealed class InMemoryStorageEngineFactory : IStorageEngineFactory
{
    private const string BlockSizeSetting = "block-size";

    private readonly Lock _gate = new();
    private MemoryStore? _store;

    /// <inheritdoc/>
    public string Scheme => InMemoryStorageEngine.Scheme;

    /// <inheritdoc/>
    public IReadOnlyList<EngineSetting> Settings { get; } =
    [
        new EngineSetting(BlockSizeSetting, "The granularity of changes in bytes, 1 to 16777216; the first engine decides. Default: 4096."),
    ];

    /// <inheritdoc/>
    public IStorageEngine Create(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        lock (_gate)
        {
            _store ??= new MemoryStore(new InMemoryEngineOptions { Time = context.Time, BlockSizeBytes = ReadBlockSize(context.Settings) });
            return new InMemoryStorageEngine(_store);
        }
    }

    private static int ReadBlockSize(IReadOnlyDictionary<string, string> settings)
    {
        if (!settings.TryGetValue(BlockSizeSetting, out string? text))
        {
            return InMemoryEngineOptions.DefaultBlockSizeBytes;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 1 and <= 16 * 1024 * 1024
            ? size
            : throw new ArgumentException($"The setting '{BlockSizeSetting}' has to be a number from 1 to 16777216, not '{text}'.", nameof(settings));
    }
}
