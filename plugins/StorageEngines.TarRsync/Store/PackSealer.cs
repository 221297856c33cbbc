namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Makes full packs durable beside the work: one at a time, so that little waits in memory. Blocks of a pack count as stored from the moment they are in it. Used by one thread
/// at a time.
/// </summary>
internal sealed class PackSealer(StoreFiles files, BlockIndex index)
{
    private readonly List<string> _paths = [];
    private Task<string> _work = Task.FromResult("");
    private PackWriter? _pack;

    /// <summary>The packs that are sealed.</summary>
    internal IReadOnlyList<string> Paths => _paths;

    /// <summary>Begins to seal a pack, when the one before it is done. The pack is disposed of here.</summary>
    /// <exception cref="StorageEngineException">The one before it could not be sealed.</exception>
    internal void Seal(PackWriter pack)
    {
        try
        {
            Wait();
        }
        catch (Exception)
        {
            pack.Dispose();
            throw;
        }
        _pack = pack;
        _work = Task.Run(() =>
        {
            files.Step("publish .pack");
            string path = pack.Seal();
            files.Step("published .pack");
            return path;
        });
    }

    /// <summary>Waits until nothing is being sealed.</summary>
    /// <exception cref="StorageEngineException">It could not be sealed.</exception>
    internal void Wait()
    {
        if (_pack is null)
            return;
        try
        {
            string path = _work.GetAwaiter().GetResult();
            _paths.Add(path);
            index.Add(path);
        }
        finally
        {
            _pack.Dispose();
            _pack = null;
        }
    }
}
