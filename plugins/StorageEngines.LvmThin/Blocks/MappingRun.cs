namespace StorageEngines.LvmThin.Blocks;

/// <summary>A run of chunks of which thin_delta says one thing.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Begin">The first chunk.</param>
/// <param name="Length">How many chunks; 1 or more.</param>
internal readonly record struct MappingRun(MappingKind Kind, long Begin, long Length);
