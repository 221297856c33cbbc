using System.Collections.Concurrent;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>
/// Asks one range of an image after the other, and tells what differs in their order. Small ranges are asked side by side: each is a round trip or two to the cluster, in which nothing else would happen.
/// What they say waits in memory until its turn, so that long ones, of which librbd asks many objects at once by itself, are asked alone. Used once, on one thread.
/// </summary>
/// <param name="ask">Asks librbd. Several threads call it.</param>
/// <param name="most">How many small ranges are asked at once.</param>
/// <param name="smallBytes">How long a small range may be.</param>
/// <param name="stop">Ends it.</param>
internal sealed class RunWalk(DiffCall ask, int most, long smallBytes, CancellationToken stop) : IDisposable
{
    /// <summary>How many threads ask at most.</summary>
    internal const int MostThreads = 16;

    private const int AheadOfEach = 4;

    private readonly int _threads = Math.Clamp(most, 1, MostThreads);
    private readonly CancellationTokenSource _end = CancellationTokenSource.CreateLinkedTokenSource(stop);
    private readonly BlockingCollection<RunAnswer> _work = [];
    private readonly Queue<RunAnswer> _told = new();
    private int _workers;

    /// <summary>Walks.</summary>
    /// <param name="runs">The ranges, in order.</param>
    /// <param name="tell">Takes the next extent of a small range; may block, and returns a negative error number to end it.</param>
    /// <param name="askAlone">Asks one long range, and has it told.</param>
    /// <returns>0; or the first negative error number.</returns>
    internal int Run(IEnumerable<(long Start, long End)> runs, Func<RawExtent, int> tell, Func<long, long, int> askAlone)
    {
        int result = 0;
        foreach ((long start, long end) in runs)
        {
            if (result < 0 || stop.IsCancellationRequested)
            {
                break;
            }

            if (end - start > smallBytes || _threads == 1)
            {
                result = TellUntil(0, tell);
                result = result < 0 ? result : askAlone(start, end - start);
                continue;
            }

            Begin(new RunAnswer(start, end));
            result = TellUntil((AheadOfEach * _threads) - 1, tell);
        }

        result = result < 0 ? result : TellUntil(0, tell);
        return result < 0 || !stop.IsCancellationRequested ? result : -Errno.ECANCELED;
    }

    /// <summary>Nothing is asked any more. Whoever is in a call comes to its end by himself.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        _work.CompleteAdding();
    }

    private void Begin(RunAnswer answer)
    {
        _told.Enqueue(answer);
        _work.Add(answer, CancellationToken.None);
        if (_workers < _threads)
        {
            _workers++;
            CancellationToken end = _end.Token;
            _ = Task.Factory.StartNew(() => Work(end), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
    }

    private void Work(CancellationToken end)
    {
        foreach (RunAnswer answer in _work.GetConsumingEnumerable(CancellationToken.None))
        {
            answer.Ask(ask, end);
        }
    }

    private int TellUntil(int left, Func<RawExtent, int> tell)
    {
        while (_told.Count > left)
        {
            RunAnswer answer = _told.Dequeue();
            int result = answer.Wait();
            for (int i = 0; i < answer.Extents.Count && result >= 0; i++)
            {
                result = tell(answer.Extents[i]);
            }

            if (result < 0)
            {
                return result;
            }
        }

        return 0;
    }
}
