namespace StorageEngines.TarRsync.Capture;

/// <summary>What a person should know of a snapshot; the first hundred, and how many more there were. Safe for use by several threads.</summary>
internal sealed class CaptureWarnings
{
    private const int Kept = 100;
    private readonly List<string> _all = [];
    private readonly Lock _lock = new();
    private long _more;

    /// <summary>Adds one.</summary>
    internal void Add(string text)
    {
        lock (_lock)
        {
            if (_all.Count < Kept)
            {
                _all.Add(text);
            }
            else
            {
                _more++;
            }
        }
    }

    /// <summary>All of them.</summary>
    internal IReadOnlyList<string> ToList()
    {
        lock (_lock)
        {
            return _more == 0 ? [.. _all] : [.. _all, $"and {_more} more warnings"];
        }
    }
}
