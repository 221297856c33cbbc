using StorageEngines.Cli.Errors;
using StorageEngines.Hosting;

namespace StorageEngines.Cli.Volumes;

/// <summary>Finds the volume at an address, also one that is gone but has snapshots left in an engine's store.</summary>
internal static class VolumeFinder
{
    internal static async Task<OpenVolume> FindAsync(IStorageEngineCatalog catalog, VolumeAddress address, CancellationToken cancellationToken)
    {
        try
        {
            ResolvedVolume resolved = await catalog.ResolveAsync(address, cancellationToken);
            return new OpenVolume(resolved.Engine, resolved.Volume, resolved) { Notes = resolved.Notes };
        }
        catch (StorageEngineException missing) when (missing.Status == EngineStatus.NotFound && missing.Reason != EngineReason.VolumeReplaced)
        {
            OpenVolume? remembered = await RememberedAsync(catalog, address, cancellationToken);
            if (remembered is not null)
            {
                return remembered;
            }

            await AddHintAsync(missing, catalog, address, cancellationToken);
            throw;
        }
    }

    /// <summary>Opens the engine of an address, whatever volumes there are.</summary>
    internal static async Task<IStorageEngine> EngineAsync(IStorageEngineCatalog catalog, VolumeAddress address, CancellationToken cancellationToken)
    {
        try
        {
            return catalog.OpenEngine(address);
        }
        catch (StorageEngineException missing) when (missing.Status == EngineStatus.NotFound)
        {
            await AddHintAsync(missing, catalog, address, cancellationToken);
            throw;
        }
    }

    private static async Task AddHintAsync(StorageEngineException missing, IStorageEngineCatalog catalog, VolumeAddress address, CancellationToken cancellationToken)
    {
        if (address.Scheme is { } scheme)
        {
            string[] schemes = [.. (await catalog.ListAsync(cancellationToken)).Select(engine => engine.Scheme).Distinct()];
            if (!schemes.Contains(scheme))
            {
                missing.Data["hint"] = Suggestions.Hint(scheme, schemes) ?? $"'engines' lists those that were found; a path with a ':' in it begins with '/' or './'";
            }
        }
    }

    private static async Task<OpenVolume?> RememberedAsync(IStorageEngineCatalog catalog, VolumeAddress address, CancellationToken cancellationToken)
    {
        if (address.Transport is not null)
        {
            return null;
        }

        IEnumerable<string> schemes = (await catalog.ListAsync(cancellationToken)).Select(engine => engine.Scheme).Distinct();
        BytePath location = address.Location.IsAbsolute ? address.Location : BytePath.FromString(Environment.CurrentDirectory).Append(address.Location);
        foreach (string scheme in schemes.Where(scheme => address.Scheme is null || scheme == address.Scheme))
        {
            IStorageEngine engine = catalog.OpenEngine(scheme, null, address.Settings.Count == 0 ? null : address.Settings);
            VolumeInfo? found = null;
            try
            {
                foreach (BytePath place in new[] { location, address.Location }.Distinct())
                {
                    found ??= await engine.ListVolumesWithinAsync(place, cancellationToken).FirstOrDefaultAsync(volume => volume.Location == place, cancellationToken);
                }
            }
            catch (StorageEngineException) when (address.Scheme is null)
            {
                // An engine whose back end is not there has no volumes; the first error, that the path is missing, says more.
            }
            finally
            {
                if (found is null)
                {
                    await engine.DisposeAsync();
                }
            }

            if (found is not null)
            {
                return new OpenVolume(engine, found, engine);
            }
        }

        return null;
    }
}
