using StorageEngines.Zfs;

namespace StorageEngines.Platform.Tests.Zfs;

/// <summary>A pool and an engine for all tests of a class.</summary>
public sealed class ZfsPoolFixture : IAsyncLifetime
{
    private ZfsPool? _pool;
    private ZfsStorageEngine? _engine;
    private string? _skipped;

    /// <summary>The pool.</summary>
    internal ZfsPool Pool => Require(_pool);

    /// <summary>An engine that reaches it as root.</summary>
    internal ZfsStorageEngine Engine => Require(_engine);

    public async ValueTask InitializeAsync()
    {
        try
        {
            _pool = await ZfsPool.CreateAsync(TestContext.Current.CancellationToken);
            _engine = _pool.Engine();
        }
        catch (Xunit.Sdk.SkipException e)
        {
            _skipped = e.Message.Replace("$XunitDynamicSkip$", "", StringComparison.Ordinal); // Thrown on, xunit would take it for a failure of every test.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null && _pool is not null)
        {
            await _engine.DisposeAsync();
            await _pool.DisposeAsync();
        }
    }

    private T Require<T>(T? made)
        where T : class
    {
        if (_skipped is { } reason)
        {
            Assert.Skip(reason);
        }

        return made ?? throw new InvalidOperationException("The fixture is not initialised.");
    }
}
