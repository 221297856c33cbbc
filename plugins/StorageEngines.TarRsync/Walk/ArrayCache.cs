using System.Numerics;

namespace StorageEngines.TarRsync.Walk;

/// <summary>Keeps a few arrays to be used again. The framework's pool does more, and for each type of our own its code is compiled at each start.</summary>
/// <remarks>Safe for use by several threads. What an array holds is left as it is.</remarks>
internal sealed class ArrayCache<T>
{
    private const int Least = 256, Kept = 16;

    private readonly Lock _gate = new();
    private readonly T[]?[] _arrays = new T[Kept][];

    internal static ArrayCache<T> Shared { get; } = new();

    /// <summary>An array of at least this length.</summary>
    internal T[] Rent(int length)
    {
        lock (_gate)
        {
            for (int i = 0; i < Kept; i++)
            {
                if (_arrays[i] is { } kept && kept.Length >= length)
                {
                    _arrays[i] = null;
                    return kept;
                }
            }
        }

        return new T[BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, Least))];
    }

    /// <summary>Takes an array back; a full cache keeps the longer ones.</summary>
    internal void Return(T[] array)
    {
        lock (_gate)
        {
            int place = 0;
            for (int i = 0; i < Kept; i++)
            {
                if (_arrays[i] is null)
                {
                    _arrays[i] = array;
                    return;
                }

                place = _arrays[i]!.Length < _arrays[place]!.Length ? i : place;
            }

            if (_arrays[place]!.Length < array.Length)
            {
                _arrays[place] = array;
            }
        }
    }
}
