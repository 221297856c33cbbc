using StorageEngines.Zfs;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>A pool and an engine for all tests of a class.</summary>
public sealed class ZfsPoolFixture : IAsyncLifetime
{
    /// <summary>The pool.</summary>
    internal ZfsPool Pool { get; private set; } = null!;

    /// <summary>An engine that reaches it as root.</summary>
    internal ZfsStorageEngine Engine { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Pool = await ZfsPool.CreateAsync(TestContext.Current.CancellationToken);
        Engine = Pool.Engine();
    }

    public async ValueTask DisposeAsync()
    {
        if (Pool is not null)
        {
            await Engine.DisposeAsync();
            await Pool.DisposeAsync();
        }
    }
}
