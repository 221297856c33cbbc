namespace StorageEngines.Json;

/// <summary>What a value of a small JSON text is.</summary>
internal enum JsonKind
{
    Other,
    Object,
    Array,
    Text,
    Number,
}
